"""Report section: working memory."""

from __future__ import annotations

from reports.memory import (
    figure_memory_capacity,
    figure_memory_front,
    figure_memory_networks,
    figure_memory_tasks,
    table_memory_capacity,
    table_memory_tasks,
)
from reports.section import Section

SECTION = Section(
    "memory",
    "Working memory",
    "Networks whose only memory is the heat of their neurons, on the source's cognitive tasks. Training is no part "
    "of a report: these are stored runs, with their date.",
    (
        figure_memory_tasks.n_back,
        figure_memory_tasks.recall,
        figure_memory_tasks.interference,
        figure_memory_networks.draw,
        figure_memory_capacity.forgetting,
        figure_memory_capacity.devices,
        figure_memory_capacity.spread,
        figure_memory_front.draw,
    ),
    (
        table_memory_tasks.n_back_energy,
        table_memory_tasks.n_back_networks,
        table_memory_capacity.sweeps,
        table_memory_capacity.front,
    ),
)
