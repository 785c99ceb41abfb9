"""Every size and setting of the LIF neuron has a unit and a reason, and its value is the circuit's own."""

from __future__ import annotations

from dataclasses import fields

from circuits.conditions import Conditions
from circuits.ecram_lif.assumptions import assumed_parameters
from circuits.ecram_lif.delay_feedback import LifDesign
from reports.ecram_lif.section import SECTION
from reports.section import Run
from reports.tables.provenance import assumed

MEASURED_IN = {"temperature_C"}  # what a run is made under, not assumed


def test_no_size_is_left_out() -> None:
    found = {p.name: p for p in assumed_parameters()}
    for owner in (LifDesign, Conditions):
        sizes = {f.name for f in fields(owner) if f.type == "float"} - MEASURED_IN
        assert sizes <= set(found)
        assert all(found[name].value == getattr(owner(), name) for name in sizes)
    assert all(p.unit and p.source.startswith("assumed: ") for p in found.values())


def test_the_report_lists_them() -> None:
    assert SECTION.parameters is not None
    rows = assumed(SECTION.parameters(Run())).rows
    listed = {row["parameter"]: row["value"] for row in rows if row["where"] == "ECRAM neuron"}
    assert listed == {p.name: p.value for p in assumed_parameters()}
