"""GPU energy through a stand-in for NVML that keeps its own time: known joules in, known medians and intervals out."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from energy.gpu import nvml as energy_nvml
from energy.gpu.baselines import GpuEnergy, SampleShape, load_gpu_baselines, measured_baselines
from energy.gpu.increment import measure_increments
from energy.gpu.nvml import Board, BoardState
from energy.gpu.published import published_increments, r2plus1d18, resnet18
from energy.gpu.turns import GpuMemoryError, Protocol
from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.statistics import median_interval


class FakeNvml:
    """A board of `idle_W` whose work costs what `spend` says, in a time of its own; counts whole mJ, as NVML does."""

    class NVMLError(Exception):
        pass

    def __init__(self, idle_W: float = 40.0, broken: str = "") -> None:
        self.idle_W, self.broken, self.open = idle_W, broken, 0
        self.now, self.energy_J = 0.0, 0.0

    def spend(self, joules: float, seconds: float) -> None:
        """Work."""
        self.now, self.energy_J = self.now + seconds, self.energy_J + joules

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.spend(self.idle_W * seconds, seconds)

    def board(self, **options: Any) -> Board:
        """This board in its own time."""
        return Board(nvml=self, clock=self.clock, sleep=self.sleep, **options)

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

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        return uuid

    def nvmlDeviceGetName(self, handle: Any) -> str:
        return f"fake {handle}"

    def nvmlSystemGetDriverVersion(self) -> str:
        return "570.0"

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: Any) -> int:
        self._check("counter")
        return round(self.energy_J * 1e3)

    def nvmlDeviceGetTemperature(self, handle: Any, sensor: int) -> int:
        return 50 + round(self.now) // 2 % 2

    def nvmlDeviceGetClockInfo(self, handle: Any, kind: int) -> int:
        self._check("clock")
        return 1410 if kind == 0 else 1593

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: Any) -> int:
        return 0x1 | 0x4

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: Any) -> int:
        return 400_000


def make(
    board: FakeNvml, **runs: Callable[[int, int], tuple[float, float]]
) -> Callable[[str, int], Callable[[], None]]:
    """Workloads by name: of a batch size and the number of the run, its joules and seconds."""

    def workload(name: str, batch: int) -> Callable[[], None]:
        number = iter(range(10**6))
        return lambda: board.spend(*runs[name](batch, next(number)))

    return workload


QUICK = Protocol(window_s=1.0, warmup_s=0.0, idle_s=1.0, repeats=1)


def test_median_and_interval_of_known_increments() -> None:
    """A run fills a window. Turn r costs 8 J on the backbone and (9 + r / 100) J on the network, which takes 0.5 s
    longer: medians of 1.105 J beyond 8 J, between the 6th and the 15th of 20, and 20 J less without idle power."""
    fake = FakeNvml(idle_W=40.0)
    order = [7, 20, 1, 14, 9, 3, 18, 11, 5, 16, 2, 19, 8, 13, 6, 15, 4, 17, 10, 12]
    runs = {
        "backbone": lambda batch, number: (8.0, 1.0),
        "network": lambda batch, number: (9.0 + (order[number - 1] / 100 if number else 50.0), 1.5),  # 0: warm-up
    }
    told: list[tuple[int, int]] = []
    with fake.board() as board:
        protocol = replace(QUICK, repeats=20, batches=(2,))
        result = measure_increments(
            board, make(fake, **runs), "backbone", ["network"], protocol, lambda *p: told.append(p)
        )
    (row,) = result.rows
    assert asdict(row.increment_J) == pytest.approx({"median": 1.105 / 2, "low": 1.06 / 2, "high": 1.15 / 2})
    assert row.coverage == pytest.approx(0.9586, abs=5e-5)
    assert row.backbone_J.median == pytest.approx(4.0)
    assert row.network_J.median == pytest.approx(9.105 / 2)
    assert row.beyond_idle_J.median == pytest.approx((1.105 - 40 * 0.5) / 2)
    assert row.counter_uncertainty_J == pytest.approx((9.105 * 0.2 / 1.5 + 8 * 0.2) / 2)
    assert (row.samples_per_s, row.backbone_samples_per_s) == pytest.approx((2 / 1.5, 2.0))
    assert (row.power_W, row.backbone_power_W) == pytest.approx((9.105 / 1.5, 8.0))
    assert (result.idle_before_W, result.idle_after_W) == pytest.approx((40.0, 40.0))
    assert row.graphics_clock_MHz == (1410, 1410)
    assert row.memory_clock_MHz == (1593, 1593)
    assert row.throttling == ("power limit",)
    assert told[-1] == (20, 20)
    assert fake.open == 0


def test_order_statistics_of_the_median() -> None:
    """Sign test: 6th of 20 with 95.86 %, 1st of 6 with 96.88 %, none of 5; 4th of 15 at 95 %, 3rd at 99 %."""
    values = [float(v) for v in range(1, 21)]
    assert median_interval(values) == pytest.approx((10.5, 6, 15, 0.95861), abs=1e-5)
    assert median_interval(values[:6]) == pytest.approx((3.5, 1, 6, 0.96875))
    assert median_interval(values[:5]) == (3.0, None, None, None)
    assert median_interval(values[:15])[:3] == (8, 4, 12)
    assert median_interval(values[:15], 0.99)[:3] == (8, 3, 13)
    for bad, confidence in (([], 0.95), ([1.0], 1.0)):
        with pytest.raises(InputError):
            median_interval(bad, confidence)


def test_batches_double_until_throughput_stops_growing_or_memory_ends() -> None:
    """b / (0.1 + 0.01 b) samples per second: 128 gives 7 % more than 64, 256 only 4 % more than that."""
    fake = FakeNvml()

    def slow(batch: int, number: int) -> tuple[float, float]:
        return 100.0 * (0.1 + 0.01 * batch), 0.1 + 0.01 * batch

    def large(batch: int, number: int) -> tuple[float, float]:
        if batch > 8:
            raise GpuMemoryError
        return slow(batch, number)

    runs = {"backbone": lambda batch, number: (1.0 * batch, 0.01 * batch), "slow": slow, "large": large}
    with fake.board() as board:
        result = measure_increments(board, make(fake, **runs), "backbone", ["slow", "large"], QUICK)
        given = measure_increments(
            board, make(fake, **runs), "backbone", ["slow", "large"], replace(QUICK, batches=(4, 16))
        )
        with pytest.raises(InputError, match="out of GPU memory"):
            measure_increments(board, make(fake, **runs), "large", ["slow"], replace(QUICK, batches=(16,)))
    batches = {name: [row.batch for row in result.rows if row.model == name] for name in ("slow", "large")}
    assert batches == {"slow": [2**i for i in range(9)], "large": [1, 2, 4, 8]}
    assert [(row.model, row.batch) for row in result.rows if row.optimum] == [("slow", 256), ("large", 8)]
    assert [(row.model, row.batch) for row in given.rows] == [("slow", 4), ("slow", 16), ("large", 4)]
    first = result.rows[0]
    assert first.increment_J.median == pytest.approx(11.0 - 1.0)  # 100 W and 100 W, in 0.11 s and 0.01 s
    assert first.increment_J.low is None  # of one turn


def test_what_cannot_be_measured_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never zero."""
    still = FakeNvml(idle_W=0.0)
    with still.board() as board:
        with pytest.raises(MissingDependencyError, match="did not move"):
            board.window(lambda: still.spend(0.0, 1.0), 1.0)
        with pytest.raises(MissingDependencyError, match="did not move"):
            board.idle(1.0)
    for field in ("window_s", "idle_s"):
        with pytest.raises(InputError, match=field):
            replace(QUICK, **{field: 0.2})
    for broken in ("init", "handle", "counter"):
        fake = FakeNvml(broken=broken)
        with pytest.raises(MissingDependencyError, match="no GPU energy counter"), fake.board():
            pass
        assert fake.open == 0
    with FakeNvml(broken="clock").board(uuid="GPU-1") as board:
        assert board.name == "fake GPU-1"
        assert board.state() == BoardState(50.0, None, None, ("power limit",))

    def fail(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(energy_nvml.importlib, "import_module", fail)
    with pytest.raises(MissingDependencyError, match=r"pip install 'ipcircuit\[gpu\]'"):
        Board()


def measurement(**changes: Any) -> GpuEnergy:
    """A network of 3 J and a backbone of 1 J at two batch sizes, where the larger one is the faster."""
    fake = FakeNvml()
    runs = {
        "resnet18": lambda batch, number: (batch * 1.0, 1.0),
        "resnet18_lstm": lambda batch, number: (batch * 3.0, 1.0),
    }
    with fake.board() as board:
        result = measure_increments(
            board, make(fake, **runs), "resnet18", ["resnet18_lstm"], replace(QUICK, batches=(1, 4))
        )
    fields: dict[str, Any] = {
        "gpu": "fake",
        "driver": "570.0",
        "torch": "2",
        "date": "2026-01-01",
        "power_limit_W": 400.0,
    }
    fields |= {
        "shape": SampleShape(),
        "precision": "fp32",
        "tf32": ("convolutions",),
        "backbone": "resnet18",
        "models": ("resnet18_lstm",),
    }
    return GpuEnergy(**{**fields, "protocol": QUICK, "increments": result, **changes})


def test_a_measurement_is_read_back_beside_the_published_baselines(tmp_path: Path) -> None:
    path = tmp_path / "gpu.json"
    path.write_text(json.dumps(asdict(measurement())))
    published, baselines = load_gpu_baselines(), load_gpu_baselines(path)
    assert baselines[: len(published)] == published
    small, large = baselines[len(published) :]
    assert [b.basis for b in (small, large)] == ["measured"] * 2
    assert [b.system for b in (small, large)] == [f"resnet18_lstm on fake, batch {n}" for n in (1, 4)]
    assert small.energy_per_sample_J == pytest.approx(2.0)
    assert "50 frames of 2 × 128 × 128, fp32" in small.task
    data = json.loads(path.read_text())
    data["increments"]["rows"] = []
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match="no increment above zero"):
        load_gpu_baselines(path)
    for content, message in (("{", "cannot read"), ("[]", "gpu.json"), ("{}", "missing gpu, driver")):
        path.write_text(content)
        with pytest.raises(InputError, match=message):
            load_gpu_baselines(path)


def test_layers_count_as_published_tables_of_torchvision_do() -> None:
    """Its own tables: 1.81 GMAC and 11,689,512 weights (ResNet18, 224 × 224); 40.52 GMAC and 31,505,325 weights
    (R(2+1)D-18, 16 frames of 112 × 112)."""
    image, clip = resnet18(SampleShape(1, 3, 224, 224, 1000)), r2plus1d18(SampleShape(16, 3, 112, 112, 400))
    assert (image.macs, image.weights) == (1_814_073_344, 11_689_512)
    assert (clip.macs, clip.weights) == (pytest.approx(40.52e9, rel=1e-3), 31_505_325)


def test_published_increments_per_operation() -> None:
    """The RNN has a quarter of the LSTM's operations and 84 % of its energy: no price per operation explains both."""
    rnn, lstm, r2plus1d = published_increments()
    assert (rnn.macs, lstm.macs) == (50 * 1024 * 1536, 50 * (4 * 1024 * 1536 + 3 * 1024))
    assert rnn.macs_of_lstm == pytest.approx(0.25, abs=1e-3)
    assert rnn.energy_of_lstm == pytest.approx(0.84)
    assert rnn.energy_per_mac_J == pytest.approx(2.67e-9, rel=1e-3)
    assert lstm.energy_per_mac_J == pytest.approx(0.794e-9, rel=1e-3)
    assert (lstm.time_at_limit_s, lstm.time_at_idle_s) == pytest.approx((0.25 / 400, 0.25 / 100))
    assert lstm.time_at_idle_per_frame_s == pytest.approx(50e-6)
    for row in (rnn, lstm, r2plus1d):
        assert row.arithmetic_J == pytest.approx(row.time_arithmetic_s * 400)
        assert row.arithmetic_share == pytest.approx(row.arithmetic_J / row.energy_J)
        assert row.energy_per_mac_J * row.macs == pytest.approx(row.energy_J)
    assert rnn.arithmetic_share < lstm.arithmetic_share < 0.06 < 0.5 < r2plus1d.arithmetic_share < 1
    assert r2plus1d.energy_per_mac_J < 0.1 * lstm.energy_per_mac_J


def test_an_increment_that_is_not_above_zero_has_no_row_and_is_told_beside_the_other() -> None:
    """Of the board that comes with the project: recurrent networks at their highest throughput."""
    notes = {b.system: b.note for b in measured_baselines()}
    for name in ("resnet18_rnn", "resnet18_lstm"):
        ((system, note),) = [(system, note) for system, note in notes.items() if system.startswith(name)]
        assert system.endswith("batch 1")
        assert note.startswith(
            f"{name} on NVIDIA H100 80GB HBM3, batch 128: no row, its increment is not above zero: -"
        )
    assert [note for system, note in notes.items() if system.startswith("r2plus1d18")] == ["", ""]


def test_baselines_published_and_of_a_user(tmp_path: Path) -> None:
    baselines = {b.model: b for b in load_gpu_baselines()}
    increments = {name: b.energy_per_sample_J for name, b in baselines.items()}
    assert increments == {"RNN": 0.21, "LSTM": 0.25, "R(2+1)D": 7.91}
    assert {b.basis for b in baselines.values()} == {"published"}
    assert all(b.source and b.gpu == "NVIDIA A800" for b in baselines.values())
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    (baseline,) = load_gpu_baselines(path)
    assert baseline.published_ratio is None
    assert baseline.energy_per_sample_J == 1.0
    with pytest.raises(InputError, match="cannot read"):
        load_gpu_baselines(tmp_path / "none.toml")


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
        load_gpu_baselines(path)
    assert "mine.toml" in str(caught.value)
