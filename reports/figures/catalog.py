"""All figures of the report by section, in reading order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reports.context import RunContext
from reports.figures import (
    area,
    ecram_energy,
    ecram_frequency,
    ecram_plasticity,
    ecram_relaxation,
    ecram_topologies,
    ecram_waveforms,
    energy,
    filters,
    firing,
    heating,
    memory_capacity,
    memory_energy,
    memory_front,
    memory_networks,
    memory_tasks,
    pulse_response,
    sequences,
    signed_membrane,
    signed_network,
    signed_waveforms,
    signed_window,
    thermal,
    waveforms,
    window,
)
from reports.figures.plot import Plot

FIGURES: Mapping[str, tuple[Callable[[RunContext], Plot], ...]] = {
    "junction": (thermal.draw,),
    "curves": (firing.draw, heating.draw, sequences.draw, pulse_response.draw),
    "circuit": (waveforms.comparator, waveforms.differential, window.draw),
    "ecram": (
        ecram_relaxation.draw,
        ecram_waveforms.draw,
        ecram_plasticity.synapse,
        ecram_plasticity.delay,
        ecram_frequency.draw,
        ecram_energy.draw,
        ecram_topologies.draw,
    ),
    "filters": (filters.response, filters.models),
    "signed": (signed_membrane.draw, signed_window.draw, signed_waveforms.draw),
    "signed_network": (signed_network.digits, signed_network.gestures),
    "cost": (energy.draw, area.draw),
    "comparison": (memory_energy.draw,),
    "memory": (
        memory_tasks.n_back,
        memory_tasks.recall,
        memory_tasks.interference,
        memory_networks.draw,
        memory_capacity.forgetting,
        memory_capacity.devices,
        memory_capacity.spread,
        memory_front.draw,
    ),
}
