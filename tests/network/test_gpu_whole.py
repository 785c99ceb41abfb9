"""Energy of a whole network on a GPU, by a network whose work a stand-in for NVML charges."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from torch import nn

from energy.compare import EventWorkload, compare, published_cost
from energy.gpu.baselines import load_gpu_baselines, load_network_energy
from energy.gpu.turns import Protocol
from energy.gpu.whole import GpuNetworkEnergy
from ipcircuit.errors import InputError, MissingDependencyError
from network.accounting.gpu_whole import measure_network
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


class Loaded:
    """A network as `network.foreign` loads it, fed whole."""

    name, source, feed = "mine", "mine.py:MODEL", "whole"

    def __init__(self, module: nn.Module) -> None:
        self.module, self.resets = module, 0

    def reset(self) -> None:
        self.resets += 1

    def run(self, inputs: torch.Tensor) -> torch.Tensor:
        self.reset()
        return self.module(inputs)


def measured(largest: int = 10**6, **changes: object) -> tuple[GpuNetworkEnergy, Loaded]:
    fake = FakeNvml(idle_W=20.0)
    network = Loaded(Charged(fake, largest))
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
        measure_network(Loaded(Charged(still)), torch.rand(1, 1, 2), QUICK, device="cpu", board=still.board())
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
