"""Board of an NVIDIA GPU through NVML: its energy counter, and readings that tell whether it can be trusted."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ipcircuit.errors import MissingDependencyError

COUNTER = "nvmlDeviceGetTotalEnergyConsumption"
COUNTER_PERIOD_s = 0.1  # the counter moves about every 100 ms, so a window is uncertain by one period at each end
MIN_WINDOW_s = 1.0
_THROTTLING = {  # bits of nvmlDeviceGetCurrentClocksThrottleReasons (nvml.h); idle (1) is no throttling
    0x2: "clocks set by an application",
    0x4: "power limit",
    0x8: "hardware slowdown",
    0x10: "sync boost",
    0x20: "temperature (software)",
    0x40: "temperature (hardware)",
    0x80: "power brake",
    0x100: "clocks set for a display",
}


@dataclass(frozen=True)
class EnergyWindow:
    """One window of the counter: energy of the whole board, wall time, and runs of the workload in it."""

    energy_J: float
    duration_s: float
    runs: int

    @property
    def energy_per_run_J(self) -> float:
        """Mean board energy of one run, idle power included."""
        return self.energy_J / self.runs

    @property
    def time_per_run_s(self) -> float:
        """Mean wall time of one run."""
        return self.duration_s / self.runs

    @property
    def power_W(self) -> float:
        """Mean power of the board."""
        return self.energy_J / self.duration_s

    @property
    def relative_uncertainty(self) -> float:
        """Largest error of the energy: one period of the counter at each end."""
        return 2 * COUNTER_PERIOD_s / self.duration_s


@dataclass(frozen=True)
class BoardState:
    """Readings at one moment; None where the board does not tell. `throttling`: why clocks are below their highest."""

    temperature_C: float | None = None
    graphics_clock_MHz: float | None = None
    memory_clock_MHz: float | None = None
    throttling: tuple[str, ...] = ()


class Board:
    """A GPU's board, open within a ``with`` block.

    Args:
        uuid: of the GPU (``GPU-…``), so that CUDA and NVML mean the same one; None: the one of `index`.
        index: NVML index.
        nvml: module with the NVML functions; `pynvml` by default.
        clock: time in s. sleep: waits s.

    Raises:
        MissingDependencyError: in all methods: no pynvml, no driver, no GPU, or a GPU without the counter (before
            Volta; a part of a GPU). Never 0 J.
    """

    def __init__(
        self,
        uuid: str | None = None,
        index: int = 0,
        *,
        nvml: Any = None,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._nvml = nvml or _import_nvml()
        self._uuid, self._index, self._clock, self._sleep = uuid, index, clock, sleep
        self.name, self.driver = "", ""

    def __enter__(self) -> Board:
        with self._readable():
            self._nvml.nvmlInit()
        try:
            with self._readable():
                if self._uuid is None:
                    self._handle = self._nvml.nvmlDeviceGetHandleByIndex(self._index)
                else:
                    self._handle = self._nvml.nvmlDeviceGetHandleByUUID(self._uuid)
                self.name = str(self._nvml.nvmlDeviceGetName(self._handle))
                self.driver = str(self._nvml.nvmlSystemGetDriverVersion())
            self.counter_J()  # fails here, before minutes of work, where unsupported
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._nvml.nvmlShutdown()

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except self._nvml.NVMLError as error:
            raise MissingDependencyError(
                f"no GPU energy counter ({error}); measuring needs an NVIDIA GPU of the Volta generation or newer "
                f"with its driver ({COUNTER})"
            ) from error

    def counter_J(self) -> float:
        """The energy counter."""
        with self._readable():
            return 1e-3 * self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle)

    def run(self, workload: Callable[[], object], seconds: float) -> int:
        """Run a workload, which returns when the GPU has finished, until `seconds` have passed; at least once."""
        runs, start = 0, self._clock()
        while runs == 0 or self._clock() - start < seconds:
            workload()
            runs += 1
        return runs

    def window(self, workload: Callable[[], object], seconds: float) -> EnergyWindow:
        """The same between two readings of the counter."""
        before, start = self.counter_J(), self._clock()
        return self._closed(before, start, self.run(workload, seconds))

    def idle(self, seconds: float) -> EnergyWindow:
        """The board without work."""
        before, start = self.counter_J(), self._clock()
        self._sleep(seconds)
        return self._closed(before, start, 1)

    def _closed(self, before: float, start: float, runs: int) -> EnergyWindow:
        energy, duration = self.counter_J() - before, self._clock() - start
        if not energy > 0:
            problem = f"the energy counter of {self.name} did not move in {duration:.1f} s; no energy known"
            raise MissingDependencyError(problem)
        return EnergyWindow(energy, duration, runs)

    def state(self) -> BoardState:
        """Temperature, clocks and throttling now."""
        nvml = self._nvml
        temperature, graphics, memory, reasons = (
            self._optional("nvmlDeviceGetTemperature", getattr(nvml, "NVML_TEMPERATURE_GPU", 0)),
            self._optional("nvmlDeviceGetClockInfo", getattr(nvml, "NVML_CLOCK_GRAPHICS", 0)),
            self._optional("nvmlDeviceGetClockInfo", getattr(nvml, "NVML_CLOCK_MEM", 2)),
            self._optional("nvmlDeviceGetCurrentClocksThrottleReasons"),
        )
        throttling = tuple(text for bit, text in _THROTTLING.items() if int(reasons or 0) & bit)
        return BoardState(temperature, graphics, memory, throttling)

    def power_limit_W(self) -> float | None:
        """The enforced power limit; None where the board does not tell."""
        limit = self._optional("nvmlDeviceGetEnforcedPowerLimit")
        return None if limit is None else 1e-3 * limit

    def _optional(self, function: str, *arguments: int) -> float | None:
        """A reading that not every board gives."""
        try:
            return float(getattr(self._nvml, function)(self._handle, *arguments))
        except (self._nvml.NVMLError, AttributeError):
            return None


def _import_nvml() -> Any:
    try:
        return importlib.import_module("pynvml")
    except ImportError as error:
        raise MissingDependencyError("GPU energy needs NVML: pip install 'ipcircuit[gpu]'") from error
