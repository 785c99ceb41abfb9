"""`gpu-energy` and `eval --gpu` by networks whose work a stand-in for NVML charges: joules in, joules out."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from energy.compare import EventWorkload, compare, published_cost
from energy.gpu.baselines import SampleShape, load_gpu_baselines
from energy.gpu.published import Counted, r2plus1d18, resnet18
from energy.gpu.turns import Protocol
from ipcircuit.cli import gpu_energy as cli_gpu
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError, MissingDependencyError
from network.accounting.counting.stand_in import Frames
from network.accounting.gpu import increments as gpu
from network.tasks.memory import NBack
from tests.energy.test_gpu import FakeNvml

SHAPE = SampleShape(frames=3, channels=2, height=8, width=8, outputs=4)
JOULES = {"resnet18": 1.0, "resnet18_rnn": 3.0, "resnet18_lstm": 4.0, "r2plus1d18": 9.0}
QUICK = Protocol(window_s=1.0, warmup_s=0.0, idle_s=1.0, repeats=6, batches=(1, 4))


class Charged(nn.Module):
    """Costs `joules` per sample, and a second."""

    def __init__(self, fake: FakeNvml, joules: float, largest: int = 10**6) -> None:
        super().__init__()
        self.spend, self.joules, self.largest, self.types = fake.spend, joules, largest, set[torch.dtype]()
        self.product = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[1] > self.largest:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        self.spend(self.joules * x.shape[1], 1.0)
        self.types.add(self.product(x).dtype)
        return x


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
    """A board, and networks of known energy in place of the registry's."""
    fake = FakeNvml()
    networks = {name: Charged(fake, joules, 1 if name == "r2plus1d18" else 9) for name, joules in JOULES.items()}
    monkeypatch.setattr(gpu, "_network", lambda name, task: networks[name])
    return fake


def test_increments_of_all_networks_in_one_go(fake: FakeNvml) -> None:
    result = gpu.measure_memories(SHAPE, QUICK, device="cpu", board=fake.board(), precision="bf16")
    rows = {(row.model, row.batch): row for row in result.increments.rows}
    assert set(rows) == {*((name, b) for name in JOULES for b in (1, 4))} - {
        ("resnet18", 1),
        ("resnet18", 4),
        ("r2plus1d18", 4),  # out of memory
    }
    for (name, _), row in rows.items():
        assert (row.increment_J.median, row.increment_J.low, row.increment_J.high) == pytest.approx(
            (JOULES[name] - 1.0,) * 3
        )
        assert row.beyond_idle_J.median == pytest.approx(row.increment_J.median)  # none takes longer
        assert row.coverage == pytest.approx(0.96875)
    assert (result.gpu, result.driver, result.power_limit_W) == ("fake 0", "570.0", 400.0)
    assert (result.torch, result.precision) == (str(torch.__version__), "bf16")
    assert gpu._network("resnet18", None).types == {torch.bfloat16}  # pyright: ignore[reportArgumentType]
    assert fake.open == 0
    with pytest.raises(InputError, match="square"):
        gpu.measure_memories(SampleShape(1, 2, 8, 16), QUICK, device="cpu", board=fake.board())


def test_frames_have_the_published_density() -> None:
    frames = gpu._event_frames(SampleShape(10, 2, 32, 32), 4)
    assert frames.shape == (10, 4, 2, 32, 32)
    assert float(frames.mean()) == pytest.approx(0.089, abs=0.004)  # 4 standard deviations of 81,920 draws
    assert set(frames.unique().tolist()) == {0.0, 1.0}
    assert gpu._event_frames(SampleShape(1, 2, 8, 8), 33).shape == (1, 33, 2, 8, 8)


def run(fake: FakeNvml, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """`ipcircuit gpu-energy` on the stand-in."""
    on_cpu = partial(gpu.measure_memories, device="cpu", board=fake.board())
    monkeypatch.setattr(gpu, "measure_memories", on_cpu)
    return cli.main(["gpu-energy", "--warmup", "0", "--seconds", "1", "--frames", "3", "--size", "8", *words])


def test_command_writes_a_baseline_that_compare_reads(
    fake: FakeNvml, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a800.json"
    assert run(fake, monkeypatch, "--batches", "1,4", "-o", str(path), "--json") == 0
    printed, stored = json.loads(capsys.readouterr().out), json.loads(path.read_text())
    assert [row["model"] for row in printed.pop("published")] == ["RNN", "LSTM", "R(2+1)D"]
    assert printed == stored
    assert stored["shape"] == {"frames": 3, "channels": 2, "height": 8, "width": 8, "outputs": 22}
    assert stored["protocol"]["repeats"] == 20
    baselines = load_gpu_baselines(path)
    measured = [b for b in baselines if b.basis == "measured"]
    assert len(baselines) - len(measured) == 3
    assert {(b.model, round(b.energy_per_sample_J, 9)) for b in measured} == {
        (name, joules - 1) for name, joules in JOULES.items() if name != "resnet18"
    }
    rows = compare(published_cost(), EventWorkload(), baselines, scopes=("paper",))
    assert [row.basis for row in rows] == ["published"] * 4 + ["measured"] * len(measured)
    assert all("a800.json" in b.source for b in measured)


def test_command_shows_conditions_and_the_published_values_beside(
    fake: FakeNvml, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    chosen = ("--model", "r2plus1d18", "--model", "resnet18_lstm")
    assert run(fake, monkeypatch, "--batches", "2", *chosen) == 0
    text = capsys.readouterr().out
    for part in ("fake 0, limit 400 W, driver 570.0", "temperature 50 to 51 °C", "graphics clock 1410 to 1410 MHz"):
        assert part in text
    assert "throttled by: power limit" in text
    assert "idle power 40 W before, 40 W after" in text
    assert "covers 95.9 %" in text
    assert "r2plus1d18: out of memory at the first batch size" in text
    assert "resnet18_rnn" not in text
    assert "published increments per sample, NVIDIA A800" in text


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "no CUDA device here"),
        (("--batches", "4,1"), "--batches: not ascending"),
        (("--batches", "0"), "--batches: out of range"),
        (("--batches", "1,,2"), "--batches: not a whole number"),
        (("--batches", ",".join(map(str, range(1, 40)))), "--batches: too many"),
        (("--model", "gru"), "--model: unknown"),
        (("--precision", "fp64"), "--precision: unknown"),
        (("--seconds", "0.5"), "--seconds: out of range"),
        (("--repeats", "0"), "--repeats: out of range"),
        (("-o", "energy.toml"), "--output: another ending"),
        (("--published", "-o", "energy.json"), "--output: only for a measurement"),
    ],
)
def test_without_a_gpu_or_with_bad_options_it_is_one_line_and_exit_2(
    words: tuple[str, ...],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert cli.main(["gpu-energy", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert problem in shown.err
    assert shown.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_published_table_needs_no_gpu(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert cli.main(["gpu-energy", "--published"]) == 0
    text = capsys.readouterr().out
    assert "2.67 nJ" in text
    assert "0.25 of the LSTM's operations and 0.84 of its energy" in text
    assert cli.main(["gpu-energy", "--published", "--json"]) == 0
    assert [row["macs"] for row in json.loads(capsys.readouterr().out)][:2] == [78_643_200, 314_726_400]
    assert set(cli_gpu.MODELS) == set(gpu.MEMORIES)


def test_lstm_of_a_task_by_the_same_procedure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A board that charges by what a module has of weights; the LSTM has more of them."""
    fake = FakeNvml()

    def charged(network: nn.Module, inputs: torch.Tensor, device: str, precision: str) -> None:
        fake.spend(1e-6 * sum(p.numel() for p in network.parameters()) * inputs.shape[1], 1.0)

    monkeypatch.setattr(gpu, "run_once", charged)
    task, protocol = NBack(1, items=5), Protocol(window_s=1.0, warmup_s=0.0, idle_s=1.0, repeats=2, batches=(1, 4))
    name, result = gpu.measure_lstm(task, protocol, device="cpu", board=fake.board())
    assert name == "fake 0"
    assert [(row.model, row.batch) for row in result.rows] == [("LSTM network", 1), ("LSTM network", 4)]
    inputs, hidden = task.inputs, task.hidden
    more = 4 * hidden * (inputs + hidden + 2) - hidden * (inputs + 1)
    for row in result.rows:
        assert row.increment_J.median == pytest.approx(1e-6 * more, rel=1e-2)  # whole mJ of a window
    with pytest.raises(MissingDependencyError, match="init"):
        gpu.measure_lstm(task, protocol, device="cpu", board=FakeNvml(broken="init").board())


def test_a_network_of_torch_really_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the workload that a GPU gets: real time, and a board of constant power; more work takes longer."""

    class Constant(FakeNvml):
        def nvmlDeviceGetTotalEnergyConsumption(self, handle: object) -> int:
            return round(1e5 * self.clock())

    import time

    fake = Constant()
    monkeypatch.setattr(fake, "clock", lambda: 20 * time.perf_counter())
    wide, narrow = (nn.Sequential(nn.Linear(64, n), nn.Linear(n, 64)) for n in (4096, 1))
    with fake.board() as board:
        increments = gpu.measure_networks(
            board, {"a": narrow, "b": wide}, "a", lambda n: torch.ones(50, n, 64), QUICK, device="cpu"
        )
    assert all(row.increment_J.median > 0 for row in increments.rows)


@pytest.mark.parametrize(("name", "counted"), [("resnet18", resnet18), ("r2plus1d18", r2plus1d18)])
def test_published_counts_are_those_of_the_networks_that_are_measured(
    name: str, counted: Callable[[SampleShape], Counted]
) -> None:
    """On torch's meta device, which has shapes and no numbers."""
    macs = 0

    def count(layer: Any, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal macs
        macs += output.numel() * layer.weight[0].numel()

    shape = SampleShape()
    with torch.device("meta"):
        network = gpu._network(name, Frames(shape.channels, shape.width, shape.frames, shape.outputs)).eval()
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.Conv3d | nn.Linear):
                layer.register_forward_hook(count)
        network(torch.empty(shape.frames, 1, shape.channels, shape.height, shape.width))
    assert counted(shape) == Counted(macs, sum(p.numel() for p in network.parameters()))
