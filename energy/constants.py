"""Published and assumed constants of the accounting, from ``energy/data``, each with unit, basis and source."""

from __future__ import annotations

from pathlib import Path

from ipcircuit.parameters import read_parameters

DATA = Path(__file__).parent / "data"

_LIU2025 = read_parameters(DATA / "liu2025.toml")
LAYOUT_FACTOR, PUBLISHED_OPERATION, PUBLISHED_MEMORY_ENERGY = _LIU2025[:3]
PUBLISHED_JUNCTION, PUBLISHED_REFERENCE = _LIU2025[3:]
MIN_HEADROOM, FINGER_SPACE, LAYOUT_OVERHEAD, TAPER = read_parameters(DATA / "driver.toml")
(DENSITY,) = read_parameters(DATA / "workload.toml")
OPERATIONS = read_parameters(DATA / "horowitz2014.toml")
FP32_MAC, FP32_ADD, INT8_MAC, INT8_ADD, SRAM_READ, NODE_SCALE = OPERATIONS
COMMON = read_parameters(DATA / "common.toml")  # factors by which numbers of one table are off together
