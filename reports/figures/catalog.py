"""All figures of the report by section, in reading order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reports.context import RunContext
from reports.figures import (
    area,
    energy,
    firing,
    heating,
    memory_energy,
    pulse_response,
    sequences,
    thermal,
    waveforms,
    window,
)
from reports.figures.plot import Plot

FIGURES: Mapping[str, tuple[Callable[[RunContext], Plot], ...]] = {
    "junction": (thermal.draw,),
    "curves": (firing.draw, heating.draw, sequences.draw, pulse_response.draw),
    "circuit": (waveforms.comparator, waveforms.differential, window.draw),
    "cost": (energy.draw, area.draw),
    "comparison": (memory_energy.draw,),
}
