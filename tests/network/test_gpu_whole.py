"""Energy of a whole network on a GPU, by a network whose work a stand-in for NVML charges."""

import json
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from energy.compare import EventWorkload, compare, published_cost
from energy.gpu.baselines import load_gpu_baselines, load_network_energy
from energy.gpu.turns import Protocol
from energy.gpu.whole import GpuNetworkEnergy
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError, MissingDependencyError
from network.accounting.gpu import whole
from network.accounting.gpu.whole import measure_network
from network.foreign.network import LoadedNetwork
from tests.energy.test_gpu import FakeNvml

QUICK = Protocol(window_s=1.0, warmup_s=0.0, idle_s=1.0, repeats=6)


class Charged(nn.Module):
    """A network of 0.5 J per sample and 3 J per call, which takes 0.1 s and 0.01 s per sample."""

    def __init__(self, fake: FakeNvml, largest: int = 10**6) -> None:
        super().__init__()
        self.fake, self.largest = fake, largest

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        samples = x.shape[1]
        if samples > self.largest:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        self.fake.spend(3.0 + 0.5 * samples, 0.1 + 0.01 * samples)
        return x


class Loaded(LoadedNetwork):
    """A network that counts how often it is put at rest."""

    resets = 0

    def reset(self) -> None:
        self.resets += 1
        super().reset()


def measured(largest: int = 10**6, **changes: object) -> tuple[GpuNetworkEnergy, Loaded]:
    fake = FakeNvml(idle_W=20.0)
    network = Loaded("mine", "mine.py:MODEL", Charged(fake, largest), feed="whole")
    protocol = replace(QUICK, **changes)  # pyright: ignore[reportArgumentType]
    return measure_network(network, torch.rand(4, 3, 2), protocol, device="cpu", board=fake.board()), network


def test_energy_per_sample_at_batch_1_and_at_the_optimum() -> None:
    """Batch b by hand: (3 + b/2) J in (0.1 + b/100) s. At 1: 3.5 J, of which 20 W x 0.11 s are idle. 128 samples are
    7 % faster than 64 and 256 only 4 % faster than those, so 256 is the last: 0.5117 J, 94.1 samples a second."""
    result, network = measured()
    rows = {row.batch: row for row in result.energies.rows}
    assert list(rows) == [2**i for i in range(9)]
    assert rows[1].energy_J.median == pytest.approx(3.5)
    assert (rows[1].energy_J.low, rows[1].energy_J.high) == pytest.approx((3.5, 3.5))
    assert rows[1].coverage == pytest.approx(0.96875)
    assert rows[1].beyond_idle_J.median == pytest.approx(3.5 - 20 * 0.11)
    assert rows[1].power_W == pytest.approx(3.5 / 0.11)
    assert [batch for batch, row in rows.items() if row.optimum] == [256]
    assert rows[256].energy_J.median == pytest.approx(0.5 + 3 / 256)
    assert rows[256].samples_per_s == pytest.approx(256 / 2.66)
    assert (result.energies.idle_before_W, result.energies.idle_after_W) == pytest.approx((20.0, 20.0))
    assert (result.steps, result.fed, result.gpu) == (4, "whole", "fake 0")
    assert network.resets > len(rows) * 6  # every run from rest


def test_memory_ends_the_batch_sizes_and_none_at_all_is_an_error() -> None:
    result, _ = measured(largest=8)
    assert [row.batch for row in result.chosen] == [1, 8]
    only, _ = measured(batches=(4,))
    (row,) = only.chosen
    assert row.energy_J.median == pytest.approx(0.5 + 3 / 4)
    with pytest.raises(InputError, match="out of GPU memory"):
        measured(largest=1, batches=(2,))
    still = FakeNvml(idle_W=0.0)
    with pytest.raises(MissingDependencyError, match="did not move"):
        measure_network(
            Loaded("mine", "mine.py:MODEL", Charged(still), feed="whole"),
            torch.rand(1, 1, 2),
            QUICK,
            device="cpu",
            board=still.board(),
        )
    assert still.open == 0


def test_the_file_is_read_back_and_stands_beside_the_device(tmp_path: Path) -> None:
    path = tmp_path / "h100.json"
    result, _ = measured()
    path.write_text(json.dumps(asdict(result)))
    assert load_network_energy(path) == result
    first, last = load_network_energy(path).baseline_rows(path.name)
    assert first["energy_per_sample_J"] == pytest.approx(3.5)
    assert (first["basis"], first["scope"]) == ("measured", None)
    assert "host processor" in first["leaves_out"]
    assert "h100.json" in first["source"]
    assert (first["conditions"]["highest_throughput"], last["conditions"]["highest_throughput"]) == (False, True)
    rows = compare(published_cost(), EventWorkload(), load_gpu_baselines(path), scopes=("paper",))
    assert [row.system for row in rows[-2:]] == [f"mine on fake 0, batch {n}" for n in (1, 256)]
    assert rows[-2].ratio_to_device == pytest.approx(3.5 / 87.4895e-6, rel=1e-4)
    assert "whole network, not an increment" in str(rows[-1].conditions["task"])
    stored = json.loads(path.read_text())
    for field, value in (("gpu", ""), ("energies", {}), ("steps", 0), ("watts", 1)):
        path.write_text(json.dumps({**stored, field: value}))
        with pytest.raises(InputError, match=f"h100.json.*{field}"):
            load_gpu_baselines(path)
    path.write_text(json.dumps({"increments": {}}))
    with pytest.raises(InputError, match="not a whole network"):
        load_network_energy(path)


MODEL = """
import torch
from torch import nn

class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.synapses = nn.Linear(6, 2)

    def forward(self, x):
        spend(0.25 * x.shape[0], 0.5)
        return self.synapses(x)

MODEL = nn.Sequential(Network())
"""


def test_command_measures_a_users_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A network of single steps: 4 calls of 0.25 J per sample and 0.5 s each, so that a sample takes 1 J."""
    monkeypatch.setenv("COLUMNS", "80")
    fake = FakeNvml(idle_W=0.2)
    on_cpu = partial(measure_network, device="cpu", board=fake.board())
    monkeypatch.setattr(whole, "measure_network", on_cpu)
    (tmp_path / "mine.py").write_text(MODEL)
    monkeypatch.setattr("builtins.spend", fake.spend, raising=False)
    words = ["gpu-energy", "--model", f"{tmp_path}/mine.py", "--input", "rate:0.2", "--steps", "4", "--batches", "1,4"]
    quick = ["--warmup", "0", "--seconds", "1", "--repeats", "6"]
    path = tmp_path / "mine.json"
    assert cli.main([*words, *quick, "-o", str(path)]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    for part in ("mine.py:MODEL on fake 0", "4 steps of 6, rate:0.2", "a call for each time step", "4 *"):
        assert part in text
    stored = load_network_energy(path)
    assert [row.energy_J.median for row in stored.energies.rows] == pytest.approx([1.0, 1.0])
    assert (stored.fed, stored.steps) == ("steps", 4)
    for bad, problem in (
        (["--input", "rate:0.2"], "--model: with --input; found 0"),
        (["--model", "resnet18_rnn", "--input", "rate:0.2"], "no such network"),
        (["--model", f"{tmp_path}/mine.py", "--input", "rate:2"], "out of range"),
    ):
        assert cli.main(["gpu-energy", *bad]) == 2
        assert problem in capsys.readouterr().err
