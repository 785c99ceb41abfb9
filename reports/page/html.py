"""The page: one HTML file that needs no other file, no script and no network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.figures.plot import Plot
from reports.ledger.finding import Finding
from reports.tables.table import Table

SECTIONS: Mapping[str, tuple[str, str]] = {
    "junction": ("The junction", "The bare 200 nm magnetic tunnel junction, before any circuit is put around it."),
    "curves": (
        "Firing curves: circuit and compact model",
        "The compact model is what a network trains with; here it stands beside the circuit that it replaces.",
    ),
    "circuit": (
        "The circuits at work",
        "One operation in time, what the comparator decides, and how much room it has.",
    ),
    "ecram": (
        "The ECRAM neuron",
        "A leaky integrate-and-fire neuron whose synapse, or whose delay, is an electrochemical RAM: the device, the "
        "circuit, and the short-term plasticity that the device's relaxation gives it.",
    ),
    "filters": (
        "Temporal filters",
        "Pairs of ECRAM synapses with different time constants prefer different input rates: a bank of them, and a "
        "task that cannot be done by counting.",
    ),
    "signed": (
        "The signed junction",
        "A magnetic tunnel junction with orthogonal easy axes, whose magnetisation is a membrane of both signs: its "
        "dynamics beside the equation that a network uses, and the free layers that make such a neuron.",
    ),
    "signed_network": (
        "The signed neuron in a network",
        "A network trained with ideal signed neurons, and what becomes of its accuracy with those of the "
        "orthogonal-easy-axis junction. On embedded sets: the published data are not at hand.",
    ),
    "cost": (
        "Energy and area",
        "Three accounting scopes: what the source counts, all of the circuit, and the system around it.",
    ),
    "comparison": (
        "Memory energy beside GPU and digital",
        "The energy of one neuron carried up to a network's sample.",
    ),
    "memory": (
        "Working memory",
        "Networks whose only memory is the heat of their neurons, on the source's cognitive tasks. Training is no part "
        "of a report: these are stored runs, with their date.",
    ),
    "claims": ("Published and reproduced", "The claims ledger, and how open points of the sources were settled."),
    "parameters": ("Parameters and assumptions", "Where every number comes from; what is assumed stands first."),
    "run": ("This run", "Conditions, versions, and time."),
}


@dataclass(frozen=True)
class Section:
    """A chapter of the page."""

    id: str
    title: str
    intro: str
    figures: Sequence[Mapping[str, Any]]
    tables: Sequence[Table]


def embedded(plot: Plot, svg: bytes) -> dict[str, str]:
    """A figure as the template wants it, its drawing as a data address."""
    data = base64.b64encode(svg).decode("ascii")
    return {
        "name": plot.name,
        "title": plot.title,
        "caption": plot.caption,
        "alt": plot.alt,
        "source": f"data:image/svg+xml;base64,{data}",
    }


def page(
    headline: Sequence[tuple[str, str, str]], findings: Sequence[Finding], sections: Sequence[Section], stamp: str
) -> str:
    """The page's text.

    Args:
        headline: (label, value, what it is compared with) of the numbers at the top.
        findings: results in words.
        sections: chapters in order.
        stamp: versions and date, for the foot.
    """
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.j2")
    return template.render(headline=headline, findings=findings, sections=sections, stamp=stamp)
