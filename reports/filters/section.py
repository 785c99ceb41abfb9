"""Report section: temporal filters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from circuits.ecram_lif.temporal_filter import RATIO, SCALES
from ipcircuit.parameters import Parameter
from network.experiments.filters.sizing import LEVEL
from reports.filters import figure_filters, filter_findings, table_filters
from reports.section import Section
from reports.tables.provenance import Owned


def _parameter(where: str, name: str, value: float, unit: str, basis: Any, source: str, what: str = "") -> Owned:
    return where, Parameter(name, float(value), unit, what or name, source, basis)


def _filter_parameters(_: Any) -> Iterator[Owned]:
    """What the temporal filters assume beyond the device."""
    kind = "time constants of both channels of a filter over the default ones, "
    for name, value, what, why in (
        (
            "ratio",
            RATIO,
            "time constants of the depressing channel over the facilitating one's",
            "nothing is published; wide enough for a band, narrow enough to be one material's range",
        ),
        ("largest scale", max(SCALES), f"{kind}slowest filter", "nothing is published; spans the task's intervals"),
        ("smallest scale", min(SCALES), f"{kind}fastest filter", "nothing is published; spans the task's intervals"),
        (
            "sign",
            -1.0,
            "sign of the depressing channel's change against the facilitating one's",
            "a channel of the other type (p beside n) on the same chip",
        ),
        (
            "level",
            LEVEL,
            "share of the contrast at which the sized neuron changes its count",
            "below a half, for bursts end before the response settles",
        ),
    ):
        yield _parameter("temporal filter", name, value, "", "assumed", f"assumed: {why}", what)


SECTION = Section(
    "filters",
    "Temporal filters",
    "Pairs of ECRAM synapses with different time constants prefer different input rates: a bank of them, and a "
    "task that cannot be done by counting.",
    (figure_filters.response, figure_filters.models),
    (table_filters.preferred_rates, table_filters.models),
    filter_findings.MAKERS,
    (),
    _filter_parameters,
)
