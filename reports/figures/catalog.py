"""All figures of the report by section, in reading order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reports.ecram_lif import figure_ecram_energy as ecram_energy
from reports.ecram_lif import figure_ecram_frequency as ecram_frequency
from reports.ecram_lif import figure_ecram_plasticity as ecram_plasticity
from reports.ecram_lif import figure_ecram_relaxation as ecram_relaxation
from reports.ecram_lif import figure_ecram_topologies as ecram_topologies
from reports.ecram_lif import figure_ecram_waveforms as ecram_waveforms
from reports.figures.plot import Plot
from reports.filters import figure_filters as filters
from reports.memory import figure_memory_capacity as memory_capacity
from reports.memory import figure_memory_energy as memory_energy
from reports.memory import figure_memory_front as memory_front
from reports.memory import figure_memory_networks as memory_networks
from reports.memory import figure_memory_tasks as memory_tasks
from reports.page.context import RunContext
from reports.signed_mtj import figure_signed_membrane as signed_membrane
from reports.signed_mtj import figure_signed_network as signed_network
from reports.signed_mtj import figure_signed_waveforms as signed_waveforms
from reports.signed_mtj import figure_signed_window as signed_window
from reports.thermal_mtj import figure_area as area
from reports.thermal_mtj import figure_energy as energy
from reports.thermal_mtj import figure_firing as firing
from reports.thermal_mtj import figure_heating as heating
from reports.thermal_mtj import figure_pulse_response as pulse_response
from reports.thermal_mtj import figure_sequences as sequences
from reports.thermal_mtj import figure_thermal as thermal
from reports.thermal_mtj import figure_waveforms as waveforms
from reports.thermal_mtj import figure_window as window

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
