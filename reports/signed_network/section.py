"""Report section on the signed neuron in a network."""

from __future__ import annotations

from reports.section import Section
from reports.signed_network import figures, tables

SECTION = Section(
    "signed_network",
    "The signed neuron in a network",
    "A network trained with ideal signed neurons, and what becomes of its accuracy with those of the "
    "orthogonal-easy-axis junction. On embedded sets: the published data are not at hand.",
    figures=(figures.digits, figures.gestures),
    tables=(tables.accuracies, tables.spikes),
)
