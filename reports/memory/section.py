"""Report section on working memory."""

from __future__ import annotations

from reports.memory import figures_capacity, figures_tasks, tables
from reports.section import Section

SECTION = Section(
    "memory",
    "Working memory",
    "Networks whose only memory is the heat of their neurons, on the source's cognitive tasks. Training is no part of "
    "a report: these are stored runs, with their date.",
    figures=(
        figures_tasks.n_back,
        figures_tasks.recall,
        figures_tasks.interference,
        figures_capacity.networks,
        figures_capacity.forgetting,
        figures_capacity.devices,
        figures_capacity.spread,
        figures_capacity.front,
    ),
    tables=(tables.n_back_energy, tables.n_back_networks, tables.sweeps, tables.front),
)
