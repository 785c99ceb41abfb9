"""GPU energy: published increments with their provenance, and a measurement through NVML's energy counter."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.records import Name, Positive, parse, read_toml, record

COUNTER = "nvmlDeviceGetTotalEnergyConsumption"
COUNTER_PERIOD_s = 0.1  # the counter moves about every 100 ms, so a window is uncertain by one period at each end
MIN_WINDOW_s = 1.0


@record
class GpuBaseline:
    """Energy per sample that a memory module adds to the memoryless backbone on a GPU."""

    system: Name
    model: Name
    energy_per_sample_J: Positive
    basis: Literal["published", "measured"]
    gpu: Name
    task: Name
    counter: Name
    source: Name
    published_ratio: Positive | None = None


@record
class _BaselineFile:
    baseline: tuple[GpuBaseline, ...] = ()


def load_gpu_baselines(path: Path | str | None = None) -> tuple[GpuBaseline, ...]:
    """Read baselines from a TOML file; the published ones by default.

    Raises:
        InputError: unreadable file, or a missing, unknown or invalid field, with file and field.
    """
    source = files("energy") / "data" / "gpu_baselines.toml" if path is None else path
    baselines = parse(_BaselineFile, read_toml(source), str(source)).baseline
    if not baselines:
        raise InputError("no [[baseline]] entries", where=str(source))
    return baselines


@dataclass(frozen=True)
class EnergyMeasurement:
    """One window of the NVML counter: total board energy, wall time, and runs of the workload in it."""

    device: str
    energy_J: float
    duration_s: float
    runs: int
    relative_uncertainty: float

    @property
    def energy_per_run_J(self) -> float:
        """Mean board energy of one run, idle power included: subtract the backbone's to get an increment."""
        return self.energy_J / self.runs


def measure_energy(
    workload: Callable[[], object],
    seconds: float = 5.0,
    *,
    warmup_s: float = 1.0,
    synchronize: Callable[[], object] | None = None,
    device_index: int = 0,
    nvml: Any = None,
) -> EnergyMeasurement:
    """Run a workload for a window and read the board's energy counter around it.

    Args:
        workload: one run; called until the window has passed.
        seconds: window; several seconds, because the counter moves only about every 100 ms.
        warmup_s: time spent on runs before the window.
        synchronize: waits for the GPU to finish (``torch.cuda.synchronize``); called before each counter reading.
        device_index: NVML index.
        nvml: module with the NVML functions; `pynvml` by default.

    Raises:
        InputError: window shorter than `MIN_WINDOW_s`.
        MissingDependencyError: no pynvml, no driver, no GPU, or a GPU without the counter (before Volta). Never 0 J.
    """
    if not seconds >= MIN_WINDOW_s:
        raise InputError(
            "window too short for the counter", where="seconds", found=seconds, allowed=f">= {MIN_WINDOW_s:g}"
        )
    wait = synchronize or (lambda: None)
    nvml = nvml or _import_nvml()
    try:
        nvml.nvmlInit()
        try:
            handle = nvml.nvmlDeviceGetHandleByIndex(device_index)
            name = nvml.nvmlDeviceGetName(handle)
            nvml.nvmlDeviceGetTotalEnergyConsumption(handle)  # fails here, before minutes of work, where unsupported
            _run_for(workload, wait, warmup_s)
            start_mJ, start = nvml.nvmlDeviceGetTotalEnergyConsumption(handle), time.perf_counter()
            runs = _run_for(workload, wait, seconds)
            energy_J = (nvml.nvmlDeviceGetTotalEnergyConsumption(handle) - start_mJ) * 1e-3
            duration = time.perf_counter() - start
        finally:
            nvml.nvmlShutdown()
    except nvml.NVMLError as error:
        raise MissingDependencyError(
            f"no GPU energy counter ({error}); measuring needs an NVIDIA GPU of the Volta generation or newer "
            f"with its driver ({COUNTER})"
        ) from error
    if energy_J <= 0:
        raise MissingDependencyError(f"the energy counter of {name} did not move in {duration:.1f} s; no energy known")
    return EnergyMeasurement(str(name), energy_J, duration, runs, 2 * COUNTER_PERIOD_s / duration)


def _run_for(workload: Callable[[], object], wait: Callable[[], object], seconds: float) -> int:
    """Run until `seconds` have passed, waiting after each run so that queued work cannot outlive the window."""
    runs, start = 0, time.perf_counter()
    while runs == 0 or time.perf_counter() - start < seconds:
        workload()
        wait()
        runs += 1
    return runs


def _import_nvml() -> Any:
    try:
        return importlib.import_module("pynvml")
    except ImportError as error:
        raise MissingDependencyError("GPU energy needs NVML: pip install nvidia-ml-py") from error
