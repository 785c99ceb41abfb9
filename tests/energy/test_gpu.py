"""GPU baselines with provenance, and the energy counter (through a stand-in for NVML)."""

import time
from pathlib import Path

import pytest

from energy import gpu
from ipcircuit.errors import InputError, MissingDependencyError


class FakeNvml:
    """NVML's counter of a board that draws `power_W` all the time."""

    class NVMLError(Exception):
        pass

    def __init__(self, power_W: float = 100.0, broken: str = "") -> None:
        self.power_W, self.broken, self.open = power_W, broken, 0

    def _check(self, name: str) -> None:
        if self.broken == name:
            raise self.NVMLError(name)

    def nvmlInit(self) -> None:
        self._check("init")
        self.open += 1

    def nvmlShutdown(self) -> None:
        self.open -= 1

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        self._check("handle")
        return index

    def nvmlDeviceGetName(self, handle: int) -> str:
        return f"fake {handle}"

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> float:
        self._check("counter")
        return time.perf_counter() * self.power_W * 1e3  # mJ


def test_a_steady_board_measures_as_its_power_times_time() -> None:
    nvml = FakeNvml(power_W=100.0)
    waits = []
    result = gpu.measure_energy(
        lambda: time.sleep(0.01), 1.0, warmup_s=0.0, synchronize=lambda: waits.append(1), nvml=nvml
    )
    assert result.energy_J == pytest.approx(100.0 * result.duration_s, rel=0.01)
    assert result.energy_per_run_J * result.runs == pytest.approx(result.energy_J)
    assert result.relative_uncertainty == pytest.approx(0.2, rel=0.1)
    assert len(waits) == result.runs + 1  # one warm-up run
    assert nvml.open == 0


def test_what_cannot_be_measured_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never zero."""
    with pytest.raises(MissingDependencyError, match="did not move"):
        gpu.measure_energy(lambda: None, 1.0, warmup_s=0.0, nvml=FakeNvml(power_W=0.0))
    with pytest.raises(InputError, match="seconds"):
        gpu.measure_energy(lambda: None, 0.2, nvml=FakeNvml())

    def fail(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(gpu.importlib, "import_module", fail)
    with pytest.raises(MissingDependencyError, match="pip install nvidia-ml-py"):
        gpu.measure_energy(lambda: None)
    for broken in ["init", "handle", "counter"]:
        nvml = FakeNvml(broken=broken)
        with pytest.raises(MissingDependencyError, match="no GPU energy counter"):
            gpu.measure_energy(lambda: None, 1.0, nvml=nvml)
        assert nvml.open == 0


def test_baselines_published_and_of_a_user(tmp_path: Path) -> None:
    baselines = {b.model: b for b in gpu.load_gpu_baselines()}
    increments = {name: b.energy_per_sample_J for name, b in baselines.items()}
    assert increments == {"RNN": 0.21, "LSTM": 0.25, "R(2+1)D": 7.91}
    assert {b.basis for b in baselines.values()} == {"published"}
    assert all(b.source and b.gpu == "NVIDIA A800" for b in baselines.values())
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    (baseline,) = gpu.load_gpu_baselines(path)
    assert baseline.published_ratio is None
    assert baseline.energy_per_sample_J == 1.0
    with pytest.raises(InputError, match="cannot read"):
        gpu.load_gpu_baselines(tmp_path / "none.toml")


GOOD = """[[baseline]]
system = "s"
model = "m"
energy_per_sample_J = 1.0
basis = "measured"
gpu = "g"
task = "t"
counter = "c"
source = "here"
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("= 1.0", "= 0.0", r"baseline\[0\].energy_per_sample_J: must be greater than 0; found 0.0"),
        ("= 1.0", "= nan", "energy_per_sample_J"),
        ("= 1.0", '= "1"', "energy_per_sample_J"),
        ('"measured"', '"guessed"', "basis: must be 'published' or 'measured'; found 'guessed'"),
        ('source = "here"', "", r"baseline\[0\]: missing source"),
        ('source = "here"', 'source = ""', r"baseline\[0\]\.source: string should have at least 1 character"),
        ('source = "here"', 'source = "here"\nwatts = 3', "unknown field; found 'watts'; allowed: system, model"),
        (GOOD, "", "no .*baseline.* entries"),
        (GOOD, "[[", "cannot read"),
    ],
)
def test_bad_files_name_file_and_field(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(InputError, match=message) as caught:
        gpu.load_gpu_baselines(path)
    assert "mine.toml" in str(caught.value)
