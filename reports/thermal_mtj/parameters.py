"""Parameters behind the section's numbers, read from the objects that the simulations use."""

from __future__ import annotations

from collections.abc import Iterator

from circuits.cells.static import LENGTH, NMOS_WIDTH, PMOS_WIDTH
from circuits.thermal_mtj.comparator import SENSE_NMOS, SENSE_PMOS
from circuits.thermal_mtj.conditions import ThermalMtjConditions
from circuits.thermal_mtj.curves import PRE_HEAT_PROBE, SEQUENCE_AMPLITUDE
from circuits.thermal_mtj.neuron import MtjNeuron
from ipcircuit.devices.thermal_mtj.measure import PRE_PULSE, PROBE_AMPLITUDE, SATURATING_AMPLITUDE
from ipcircuit.devices.thermal_mtj.protocol import Cycle
from ipcircuit.parameters import Parameter
from ipcircuit.technology.targets import MISMATCH
from reports.section import Run
from reports.thermal_mtj.circuit import DIFFERENTIAL, testbench

_CHARACTERIZATION = "Liu et al., Methods, device characterization"
_p = Parameter  # name, value, unit, description, source, basis


def parameters(_: Run) -> Iterator[tuple[str, Parameter]]:
    """(owner, parameter) of junctions, protocol and circuit."""
    bench = testbench(DIFFERENTIAL)
    yield from _junctions(bench.neuron)
    yield from (("protocol", p) for p in _protocol(bench.neuron.cycle))
    yield from (("circuit", p) for p in (*_conditions(bench.conditions), *_transistors()))
    yield "mismatch", _p("A_VT", 1e-6 * MISMATCH.a_vt_V_um, "V m", "", MISMATCH.source, MISMATCH.basis)


def _junctions(neuron: MtjNeuron) -> Iterator[tuple[str, Parameter]]:
    """Parameters of both junctions and of the reference MTJs; those of the testbench are left out."""
    seen: dict[str, Parameter] = {}
    for half in neuron.halves:
        for p in half.device.parameters:
            if p.name in ("r_series", "initial_ap") or seen.get(p.name) == p:
                continue  # set by the testbench, or the same as in the first junction
            yield (f"{half.label} junction" if p.name in seen else "both junctions"), p
            seen[p.name] = p
        centred = "geometric mean of R_P and R_AP: centres the window"
        resistance = "resistance of the fixed P state"
        yield (
            f"{half.label} reference MTJ",
            _p("resistance", half.reference_ohm, "ohm", resistance, centred, "derived"),
        )


def _protocol(cycle: Cycle) -> list[Parameter]:
    published, edges = _CHARACTERIZATION, "assumed: not stated; "
    return [
        _p("set rise", cycle.rise, "s", "", published, "published"),
        _p("set plateau", cycle.plateau, "s", "", published, "published"),
        _p("set fall", cycle.fall, "s", "", published, "published"),
        _p("reset amplitude", cycle.reset_amplitude, "V", "", published, "published"),
        _p("reset width, edges included", cycle.reset_width, "s", "", published, "published"),
        _p("delay, used for the read", cycle.delay, "s", "", published, "published"),
        _p(
            "reset edge",
            cycle.reset_edge,
            "s",
            "",
            f"{edges}a rectangle and a triangle both fit the stated 20 ns; it moves the energy of a cycle",
            "assumed",
        ),
        _p("read edge", cycle.read_edge, "s", "", f"{edges}short against the 20 ns of the delay", "assumed"),
        _p("probe amplitude", PROBE_AMPLITUDE, "V", "", "Liu et al., Methods: standard read pulse", "published"),
        _p("pre-pulse amplitude", PRE_PULSE.amplitude, "V", "", "Liu et al., Fig. 2f,g", "published"),
        _p("pre-pulse plateau", PRE_PULSE.plateau, "s", "", "Liu et al., Fig. 2f,g", "published"),
        _p("pre-pulse edges", PRE_PULSE.rise, "s", "", f"{edges}those of the set pulse", "assumed"),
        _p(
            "probe after pre-heating",
            PRE_HEAT_PROBE,
            "V",
            "",
            "not stated; where a cold junction fires with the published 9.5 %",
            "derived",
        ),
        _p("amplitude of sequence steps", SEQUENCE_AMPLITUDE, "V", "", "Liu et al., Fig. S3", "published"),
        _p("saturating amplitude", SATURATING_AMPLITUDE, "V", "", "Liu et al., Methods (Fig. S2: 0.9 V)", "published"),
    ]


def _conditions(conditions: ThermalMtjConditions) -> list[Parameter]:
    return [
        _p(
            "set amplitude",
            conditions.amplitude,
            "V",
            "",
            "Liu et al., Methods, experimental energy estimation",
            "published",
        ),
        _p(
            "read voltage",
            conditions.v_read,
            "V",
            "",
            "assumed: not stated; with the reference at the geometric mean it puts the divider's levels around half "
            "the supply",
            "assumed",
        ),
        _p(
            "supply of comparators and logic",
            conditions.v_dd,
            "V",
            "",
            "assumed: not stated; equal to the read voltage, so that the threshold follows the divider's window",
            "assumed",
        ),
        _p(
            "load on each output line",
            conditions.output_load_F,
            "F",
            "",
            "assumed: one gate and some 5 µm of wire",
            "assumed",
        ),
    ]


def _transistors() -> list[Parameter]:
    sized = "assumed: puts the comparator's threshold between the divider's levels"
    smallest = "assumed: smallest logic device; the widths of the card's ring oscillator"
    gate = "28 nm node; published gate lengths are 24 to 33 nm"
    return [
        _p("gate length, drawn", LENGTH, "m", "", gate, "published"),
        _p("logic n width", NMOS_WIDTH, "m", "", smallest, "assumed"),
        _p("logic p width", PMOS_WIDTH, "m", "", smallest, "assumed"),
        _p("sense inverter n width", SENSE_NMOS, "m", "", sized, "assumed"),
        _p("sense inverter p width", SENSE_PMOS, "m", "", sized, "assumed"),
    ]
