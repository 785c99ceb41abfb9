"""Spike times from a user's file: what is read, what is refused and how it says so, and the command that takes it."""

import json
import warnings
from pathlib import Path

import pytest

from circuits.ecram_lif.testbench import TAIL, DelayFeedbackTestbench
from circuits.stimulus import read_spike_times
from ipcircuit.cli.main import main
from ipcircuit.errors import InputError


def written(folder: Path, text: str) -> Path:
    path = folder / "spikes.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "5e-8\n2.5e-7\n",
        "# two spikes\n\n50e-9  # the first\n250e-9\n",
        "time_s\n5e-8\n2.5e-7",
        "\ufeffchannel,time_s\na,5e-8\nb,2.5e-7\n",
        "time_s,channel\r\n5e-8,a\r\n2.5e-7,b\r\n",
    ],
    ids=["lines", "comments", "header", "second column", "windows"],
)
def test_spike_times_are_read(tmp_path: Path, text: str) -> None:
    assert read_spike_times(written(tmp_path, text)) == (5e-8, 2.5e-7)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("5e-8\n2.5e-7\n2.4e-7\n", ":3", "must ascend by more than a spike's length; found 2.4e-07; allowed: after"),
        ("5e-8\n\n5.5e-8\n", ":3", "must ascend"),
        ("5e-8\n5e-8\n", ":2", "must ascend"),
        ("-5e-8\n", ":1", "negative time; found -5e-08; allowed: 0 or more"),
        ("5e-8\nsoon\n", ":2", "not a time; found 'soon'; allowed: a number in s"),
        ("5e-8\nnan\n", ":2", "not a time"),
        ("5e-8\n1e300\n", ":2", "later than can be simulated; found 1e+300; allowed: up to 0.1 s"),
        ("5e-8\n1\n", ":2", "later than can be simulated"),
        ("5e-8\n2e-7,1\n", ":2", "several columns and no header"),
        ("channel,time_s\na,5e-8\nb\n", ":3", "not a time; found ''"),
        ("t\n5e-8\n", ":1", "no column of spike times; found 't'"),
        ("# nothing\n", "", "number of spikes; found 0"),
        ("time_s\n", "", "number of spikes; found 0"),
    ],
)
def test_bad_files_are_refused_with_file_and_line(tmp_path: Path, text: str, line: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as refused:
        read_spike_times(path)
    assert str(refused.value).startswith(f"{path}{line}: ")
    assert message in str(refused.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_spike_times(tmp_path / "none.csv")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InputError, match="not a text file"):
        read_spike_times(tmp_path / "binary")


def test_a_testbench_takes_the_file_in_place_of_its_train(tmp_path: Path) -> None:
    testbench = DelayFeedbackTestbench().with_stimulus(written(tmp_path, "5e-8\n2.5e-7\n"))
    assert testbench.stimulus.spikes == (5e-8, 2.5e-7)
    assert testbench.stimulus.stop == 2.5e-7 + TAIL


def test_a_train_without_a_spike_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two input spikes: 0.3 pC of the 1 pC to the threshold; energy per spike and latency are not there, and not 0."""
    command = ["characterize", "delay_feedback_lif", "--stimulus", str(written(tmp_path, "5e-8\n2.5e-7\n"))]
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main([*command, "--json"]) == 0
        shown = capsys.readouterr()
        assert "ipcircuit: warning: delay_feedback_lif: no spike" in shown.err
        cost = json.loads(shown.out)
        assert main(command) == 0
    assert cost["warnings"] == ["no spike: the input never reaches the threshold; an operation is the whole run"]
    assert cost["conditions"]["output_spikes"] == 0
    assert cost["conditions"]["input_spikes"] == 2
    assert cost["latency_s"] is None
    assert [scope["energy_per_spike_J"] for scope in cost["scopes"].values()] == [None] * 3
    assert all(scope["energy_per_operation_J"] > 0 for scope in cost["scopes"].values())
    shown = capsys.readouterr().out
    assert "warning: no spike: the input never reaches the threshold" in shown
    assert "not obtained" in shown


def test_the_command_refuses_with_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "5e-8\n4e-8\n")
    assert main(["characterize", "delay_feedback_lif", "--stimulus", str(path), "--json"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"{path}:2: spike times must ascend" in shown.err
    assert main(["characterize", "comparator", "--stimulus", str(written(tmp_path, "5e-8\n"))]) == 2
    assert "takes no spike train" in capsys.readouterr().err
    assert main(["characterize", "delay_feedback_lif", "--set", "delay_s=1e-9"]) == 2
    assert "delay_s: delay shorter than the loop can hold" in capsys.readouterr().err
    # 30 kΩ at rest in a window from 28 kΩ: the second spike, 1.5 kΩ after the first, leaves it at 0.25 µs.
    window = ["--set", "r_low=28e3", "--set", "weight=0.98827"]
    assert main(["characterize", "delay_feedback_lif", *window, "--json"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "delay_feedback_lif (spike train" in shown.err
    assert "leaves the model's window at 2.5" in shown.err
    assert "e-07 s; found '279" in shown.err
