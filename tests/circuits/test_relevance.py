"""A check says which of the conditions it was given its curves do not depend on, and is refused where none does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from circuits.measurement import CurveCheck, Measurement
from circuits.own.example import CIRCUIT
from circuits.relevance import STILL, Choice, _unmoved, ignored
from circuits.testbench import Settings, Testbench
from ipcircuit.cli import main as cli
from ipcircuit.cli import options
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Job, Progress, Result

TOLERANCE = 0.1
CARD = ".model nmos28lp nmos level=8\n.model pmos28lp pmos level=8\n"


@dataclass(frozen=True)
class Bench(Testbench):
    """One curve follows `gain` in circuit and model, the other the temperature in the circuit; the supply moves both
    circuits by less than matters."""

    gain: float = 1.0
    unread: float = 0.0

    @property
    def name(self) -> str:
        return "bench"

    @property
    def summary(self) -> str:
        return "bench"

    @property
    def settings(self) -> tuple[Settings, ...]:
        return (Settings.of("", "gain", "unread"), *super().settings)

    def jobs(self) -> Sequence[Job]:
        return ()

    def evaluate(self, results: Sequence[Result]) -> Measurement:
        raise NotImplementedError

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        if self.gain > 10:
            raise InputError("too large", where="gain")
        noise = 0.01 * TOLERANCE * (self.conditions.v_dd - 1)
        warm = self.conditions.temperature_C / 27
        x = np.linspace(0, 1, 3)
        return [
            CurveCheck("gain", x, "V", self.gain * x + noise, self.gain * x, unit="V", tolerance=TOLERANCE),
            CurveCheck("heat", x, "V", warm * x + noise, x, unit="V", tolerance=TOLERANCE),
        ]


def ignores(**overrides: float) -> list[tuple[str, ...]]:
    choice = Choice(overrides=overrides)
    return ignored(Bench(), Bench().configured(**choice.options()).check(), choice)


def test_curves_tell_what_they_depend_on() -> None:
    assert ignores() == [(), ()]
    assert ignores(gain=1.001) == [(), ("--set gain",)]  # by the compact model, however little
    assert ignores(v_dd=1.2) == [("--set v_dd",)] * 2
    assert ignores(unread=3.0, gain=2.0) == [("--set unread",), ("--set unread", "--set gain")]
    choice = Choice(temperature_C=50.0)
    assert ignored(Bench(), Bench().configured(**choice.options()).check(), choice) == [("--temperature",), ()]


def test_a_value_that_is_the_default_is_not_ignored() -> None:
    assert ignores(v_dd=1.0, unread=0.0) == [(), ()]


def test_without_a_condition_that_makes_the_check_possible_there_is_nothing_to_compare() -> None:
    bench, choice = Bench(gain=20.0), Choice(overrides={"gain": 2.0})
    assert ignored(bench, bench.configured(**choice.options()).check(), choice) == [(), ()]


def test_a_circuit_that_follows_its_model_closely_depends_on_what_moves_both(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """C_fb V_DD / I: with 2.5 % more C_fb the intervals by hand and simulated grow alike, their ratio stays."""
    file = tmp_path / "my_neuron.py"
    assert cli.main(["new", "neuron", "my_neuron", "-o", str(file)]) == 0
    ratios = {}
    for feedback in ("40e-15", "41e-15"):
        [curve] = CIRCUIT.configured(feedback_F=float(feedback)).check(n_jobs=1)
        ratios[feedback] = curve.circuit
    assert np.abs(ratios["41e-15"] - ratios["40e-15"]).max() < STILL * TOLERANCE
    capsys.readouterr()
    assert cli.main(["check", str(file), "--set", "feedback_F=41e-15", "--json"]) == 0
    [[row]] = json.loads(capsys.readouterr().out)["circuits"].values()
    assert row["pass"]
    assert "ignores" not in row
    assert cli.main(["check", str(file), "--set", "membrane_level_A=30e-9"]) == 2  # which the curve itself sets
    assert "found '--set membrane_level_A'" in capsys.readouterr().err


def test_of_a_ratio_the_values_are_compared_that_were_divided() -> None:
    x, ones = np.linspace(1, 2, 3), np.ones(3)

    def check(circuit: np.ndarray, by_hand: np.ndarray) -> CurveCheck:
        return CurveCheck("c", x, "V", circuit / by_hand, ones, unit="1", tolerance=TOLERANCE, scale=by_hand)

    first, gone = check(1.05 * x, x), np.array([1.05, np.nan, 3.15])
    assert _unmoved(first, check(1.05 * x * (1 + 0.01 * TOLERANCE), x))
    assert not _unmoved(first, check(1.05 * 1.001 * x, 1.001 * x))  # together
    assert not _unmoved(first, check(1.05 * x, 1.001 * x))
    assert not _unmoved(first, check((1.05 + TOLERANCE) * x, x))
    assert not _unmoved(first, check(gone, x))
    assert _unmoved(check(gone, x), check(gone, x))


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(["check", "bench", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_the_command_refuses_what_no_curve_depends_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(options, "testbench_of", lambda name: Bench())
    card = tmp_path / "card.lib"
    card.write_text(f"{CARD}.lib ff\n{CARD}.endl\n.lib tt\n{CARD}.endl\n")
    for option, *arguments in (
        ("--set v_dd", "--set", "v_dd=1.2"),
        ("--set unread", "--set", "unread=1", "--set", "gain=2"),
        ("--corner", "--corner", "ff"),
        ("--models", "--models", str(card)),
        ("--corner, --models", "--models", str(card), "--corner", "ff"),
    ):
        code, out, err = call(capsys, *arguments)
        assert (code, out) == (2, "")
        assert f"check: no curve of bench depends on it; found '{option}'; allowed: what a curve depends on" in err
    code, out, err = call(capsys, "--set", "gain=1.01", "--json")
    assert (code, err) == (0, "")
    assert [row.get("ignores") for row in json.loads(out)["circuits"]["bench"]] == [None, ["--set gain"]]
    assert "heat does not depend on --set gain" in call(capsys, "--set", "gain=1.01")[1]


def test_of_all_circuits_those_that_do_not_depend_on_a_condition_are_marked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cold(Bench):
        def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
            return super().check()[:1]

    benches = {"comparator": Bench(), "differential": Cold()}
    monkeypatch.setattr(options, "testbench_of", lambda name: benches[name])
    monkeypatch.setattr("ipcircuit.families.CIRCUITS.names", lambda: list(benches))
    assert cli.main(["check", "--temperature", "28", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["unused"] == {"differential": ["--temperature"]}
    assert cli.main(["check", "--temperature", "28"]) == 0
    assert "unused: no curve depends on --temperature" in capsys.readouterr().out
    assert cli.main(["check", "--corner", "ff"]) == 2
    assert "no curve of comparator depends on it, nor of differential; found '--corner'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("condition", [("--set", "v_dd=0.7"), ("--set", "amplitude=0.9"), ("--corner", "ff"), ()])
def test_the_comparator_is_not_checked_under_conditions_of_its_transistors(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, condition: tuple[str, ...]
) -> None:
    card = tmp_path / "bsim3.lib"
    card.write_text(CARD)
    assert cli.main(["check", "comparator", *(condition or ("--models", str(card)))]) == 2
    assert "no curve of comparator depends on it" in capsys.readouterr().err
