"""GPU energy: published increments with their provenance, and a measurement through NVML's energy counter."""

from __future__ import annotations

import importlib
import math
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from ipcircuit.errors import InputError, MissingDependencyError

COUNTER = "nvmlDeviceGetTotalEnergyConsumption"
COUNTER_PERIOD_s = 0.1  # the counter moves about every 100 ms, so a window is uncertain by one period at each end
MIN_WINDOW_s = 1.0

_TEXT_FIELDS = ("system", "model", "basis", "gpu", "task", "counter", "source")
_NUMBER_FIELDS = ("energy_per_sample_J", "published_ratio")
_BASELINE_BASES = ("published", "measured")


@dataclass(frozen=True)
class GpuBaseline:
    """Energy per sample that a memory module adds to the memoryless backbone on a GPU."""

    system: str
    model: str
    energy_per_sample_J: float
    published_ratio: float | None
    basis: str
    gpu: str
    task: str
    counter: str
    source: str


def load_gpu_baselines(path: Path | str | None = None) -> tuple[GpuBaseline, ...]:
    """Read baselines from a TOML file; the published ones by default.

    Raises:
        InputError: unreadable file, or a missing, unknown or invalid field, with file and field.
    """
    name = str(path) if path is not None else "gpu_baselines.toml"
    try:
        source = Path(path) if path is not None else files("energy") / "data" / "gpu_baselines.toml"
        data = tomllib.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot read GPU baselines: {error}", where=name) from error
    entries = data.get("baseline")
    if not isinstance(entries, list) or not entries:
        raise InputError("no [[baseline]] entries", where=name)
    return tuple(_baseline(entry, f"{name}: baseline[{index}]") for index, entry in enumerate(entries))


def _baseline(entry: dict[str, Any], where: str) -> GpuBaseline:
    known = {*_TEXT_FIELDS, *_NUMBER_FIELDS}
    if unknown := sorted(set(entry) - known):
        raise InputError("unknown field", where=where, found=", ".join(unknown), allowed=", ".join(sorted(known)))
    for name in _TEXT_FIELDS:
        if not isinstance(entry.get(name), str) or not entry[name]:
            raise InputError("must be a text", where=f"{where}.{name}", found=entry.get(name))
    if entry["basis"] not in _BASELINE_BASES:
        allowed = ", ".join(_BASELINE_BASES)
        raise InputError("unknown basis", where=f"{where}.basis", found=entry["basis"], allowed=allowed)
    for name in _NUMBER_FIELDS:
        value = entry.get(name)
        if value is None and name == "published_ratio":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and value > 0):
            raise InputError("must be a positive number", where=f"{where}.{name}", found=value)
    return GpuBaseline(**{"published_ratio": None, **entry})


@dataclass(frozen=True)
class EnergyMeasurement:
    """One window of the NVML counter: total board energy, wall time, and how often the workload ran in it."""

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
    except nvml.NVMLError as error:
        raise _no_gpu(error) from error
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(device_index)
        name = nvml.nvmlDeviceGetName(handle)
        nvml.nvmlDeviceGetTotalEnergyConsumption(handle)  # fails here, before minutes of work, where unsupported
        _run_for(workload, wait, warmup_s)
        start_mJ, start = nvml.nvmlDeviceGetTotalEnergyConsumption(handle), time.perf_counter()
        runs = _run_for(workload, wait, seconds)
        energy_J = (nvml.nvmlDeviceGetTotalEnergyConsumption(handle) - start_mJ) * 1e-3
        duration = time.perf_counter() - start
    except nvml.NVMLError as error:
        raise _no_gpu(error) from error
    finally:
        nvml.nvmlShutdown()
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


def _no_gpu(cause: Exception) -> MissingDependencyError:
    return MissingDependencyError(
        f"no GPU energy counter ({cause}); measuring needs an NVIDIA GPU of the Volta generation or newer "
        f"with its driver ({COUNTER})"
    )
