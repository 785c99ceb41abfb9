"""Report section: ECRAM LIF neurons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from circuits.ecram_lif.assumptions import assumed_parameters
from ipcircuit.devices.ecram import currie2026
from reports.ecram_lif import (
    ecram_findings,
    figure_ecram_energy,
    figure_ecram_frequency,
    figure_ecram_plasticity,
    figure_ecram_relaxation,
    figure_ecram_topologies,
    figure_ecram_waveforms,
    table_ecram,
    table_topologies,
    topology_findings,
)
from reports.section import Section
from reports.tables.provenance import Owned


def _ecram_parameters(_: Any) -> Iterator[Owned]:
    """The ECRAM's parameters as its paper's set has them; `sign` and `volatile` are the circuit's and experiment's."""
    yield from (("ECRAM", p) for p in currie2026.PARAMETERS if p.name not in ("sign", "volatile"))
    yield from (("ECRAM neuron", p) for p in assumed_parameters())


SECTION = Section(
    "ecram_lif",
    "The ECRAM neuron",
    "A leaky integrate-and-fire neuron whose synapse, or whose delay, is an electrochemical RAM: the device, the "
    "circuit, and the short-term plasticity that the device's relaxation gives it.",
    (
        figure_ecram_relaxation.draw,
        figure_ecram_waveforms.draw,
        figure_ecram_plasticity.synapse,
        figure_ecram_plasticity.delay,
        figure_ecram_frequency.draw,
        figure_ecram_energy.draw,
        figure_ecram_topologies.draw,
    ),
    (table_ecram.corners, table_ecram.grid, table_topologies.common, table_topologies.corners),
    (*ecram_findings.MAKERS, *topology_findings.MAKERS),
    (),
    _ecram_parameters,
)
