"""Report sections: signed MTJ neuron, and networks of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ipcircuit.devices.orthogonal_mtj import zheng2026
from ipcircuit.parameters import Parameter
from reports.section import Section
from reports.signed_mtj import (
    figure_signed_membrane,
    figure_signed_network,
    figure_signed_waveforms,
    figure_signed_window,
    signed_circuit,
    signed_findings,
    table_signed,
    table_signed_circuit,
    table_signed_network,
)
from reports.tables.provenance import Owned


def _parameter(where: str, name: str, value: float, unit: str, basis: Any, source: str, what: str = "") -> Owned:
    return where, Parameter(name, float(value), unit, what or name, source, basis)


def _signed_parameters(_: Any) -> Iterator[Owned]:
    """The orthogonal junction's parameters; fields and initial angles are the testbench's."""
    yield from (
        ("orthogonal junction", p) for p in zheng2026.PARAMETERS if not p.name.startswith(("field_", "initial_"))
    )
    yield from (_parameter("signed neuron, window", *row) for row in table_signed.window_rows())
    yield from (_parameter("signed neuron, circuit", *row) for row in table_signed_circuit.circuit_rows())


SECTION = Section(
    "signed_mtj",
    "The signed junction",
    "A magnetic tunnel junction with orthogonal easy axes, whose magnetisation is a membrane of both signs: its "
    "dynamics beside the equation that a network uses, and the free layers that make such a neuron.",
    (figure_signed_membrane.draw, figure_signed_window.draw, figure_signed_waveforms.draw),
    (
        table_signed.constants,
        table_signed.edges,
        table_signed_circuit.spike_energy,
        table_signed_circuit.barrier,
    ),
    (*signed_findings.MAKERS, *signed_circuit.MAKERS),
    (),
    _signed_parameters,
)

NETWORK = Section(
    "signed_network",
    "The signed neuron in a network",
    "A network trained with ideal signed neurons, and what becomes of its accuracy with those of the "
    "orthogonal-easy-axis junction. On embedded sets: the published data are not at hand.",
    (figure_signed_network.digits, figure_signed_network.gestures),
    (lambda _: table_signed_network.accuracies(), lambda _: table_signed_network.spikes()),
)
