"""The store of frames that are replayed in a burst, as a function of its constants."""

from __future__ import annotations

from typing import Any

from energy.break_even.scenario import Scenario
from energy.buffer import ACCESSES, LEAKAGE, stored_energy, stored_words
from energy.constants import NODE_SCALE, SRAM_READ
from ipcircuit.parameters import Reader


def stored_frames(read: Reader, scenario: Scenario, bits: int, frames: int, density: Any) -> Any:
    """Energy of a sample's store, J, accesses at 28 nm and standby, as `energy.buffer.buffer_energy` has it.

    Args:
        bits: inputs of a frame, of which a sample has `frames`. density: share of active ones, for addresses.
    """
    accesses, standby = stored_energy(
        stored_words(bits, scenario.buffer, density),
        frames,
        accesses=read(ACCESSES),
        access_J=read(SRAM_READ),
        leakage_W=read(LEAKAGE),
        interval_s=scenario.frame_s,
    )
    return accesses * read(NODE_SCALE) + standby
