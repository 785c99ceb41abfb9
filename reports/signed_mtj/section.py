"""Report section on the signed junction and its circuit."""

from __future__ import annotations

from collections.abc import Iterator

from circuits.signed_mtj.testbench import LADDER_UM2, SignedMtjTestbench
from ipcircuit.devices.orthogonal_mtj.design_window import CURIE_K, Criteria
from ipcircuit.devices.orthogonal_mtj.design_window_map import SIGMA_M
from ipcircuit.devices.orthogonal_mtj.macrospin_limits import LARGEST_LONG_SIDE
from ipcircuit.devices.orthogonal_mtj.zheng2026 import BREAKDOWN_V, EXCHANGE_STIFFNESS, PARAMETERS
from ipcircuit.parameters import Parameter
from reports.section import Run, Section
from reports.signed_mtj import figures, figures_window, findings, tables


def _assumed(name: str, value: float, unit: str, reason: str, description: str) -> Parameter:
    return Parameter(name, value, unit, description, reason, "assumed")


def window_parameters() -> Iterator[Parameter]:
    """What the window and the macrospin's limits assume."""
    c = Criteria()
    yield _assumed("threshold", c.threshold, "", "three quarters of the steady state at 1 TA/m²", "to be reached")
    yield _assumed("pulse", c.pulse_s, "s", "five time constants", "length of the pulse")
    yield _assumed("relaxation", c.relax_s, "s", "five time constants", "time to relax in")
    yield _assumed("relaxed", c.relax_level, "", "a quarter of the threshold", "RMS that counts as relaxed")
    yield _assumed("side_sigma", SIGMA_M, "m", "no process is published", "standard deviation of each side")
    yield _assumed("breakdown", BREAKDOWN_V, "V", "1 to 1.5 V/nm over nanoseconds, 0.9 nm of MgO", "largest bias")
    yield _assumed("curie", CURIE_K, "K", "CoFeB, extrapolated from thin films", "Curie temperature in Bloch's law")
    yield _assumed("exchange", EXCHANGE_STIFFNESS, "J/m", "thin CoFeB films, 10 to 20 pJ/m", "exchange stiffness")
    yield _assumed("longest_side", LARGEST_LONG_SIDE, "", "single-domain discs", "longest side in exchange lengths")


def circuit_parameters() -> Iterator[Parameter]:
    """What the circuit assumes."""
    bench = SignedMtjTestbench()
    d, timing = bench.design, bench.conditions.timing
    drop = "340 Ω in all, a tenth of the junction's resistance"
    supply = "the card's nominal supply: ±1 V at the junction"
    read, threshold = (
        "near the divider's largest signal at 1.1 V, under half the onset",
        "between libration (0.09) and a full drive's membrane (0.3)",
    )
    resting = "drive, read, and a rest in which a spike fades"
    ladder = "13.4 kΩ of 500 Ω/square, 0.2 µm wide, above the logic"
    yield _assumed("supply", bench.conditions.v_dd, "V", supply, "supply")
    yield _assumed("bridge n", d.bridge_n, "m", drop, "width of the bridge's n transistors")
    yield _assumed("bridge p", d.bridge_p, "m", drop, "width of the bridge's p transistors")
    yield _assumed("read bias", d.read_bias, "V", read, "across the junction")
    yield _assumed("spike threshold", d.threshold, "", threshold, "|u| at the strobe")
    yield _assumed("input pair", d.sense_width, "m", "offset against load on the divider", "width")
    yield _assumed("tail", d.tail_width, "m", "kickback on the divider against speed", "width")
    yield _assumed("drive", timing.slots * timing.slot_s, "s", "two membrane time constants", "drive of a step")
    yield _assumed("time step", timing.period_s, "s", resting, "period")
    yield _assumed("ladder area", 1e-12 * LADDER_UM2, "m²", ladder, "area of the ladder's resistors")


def parameters(run: Run) -> Iterator[tuple[str, Parameter]]:
    """The junction's parameters, but for the testbench's fields and initial angles; window and circuit."""
    for p in PARAMETERS:
        if not p.name.startswith(("field_", "initial_")):
            yield "orthogonal junction", p
    for p in window_parameters():
        yield "signed neuron, window", p
    for p in circuit_parameters():
        yield "signed neuron, circuit", p


SECTION = Section(
    "signed_mtj",
    "The signed junction",
    "A magnetic tunnel junction with orthogonal easy axes, whose magnetisation is a membrane of both signs: its "
    "dynamics beside the equation that a network uses, and the free layers that make such a neuron.",
    figures=(figures.membrane, figures_window.window, figures.waveforms),
    tables=(tables.constants, tables.edges, tables.spike_energy, tables.barrier),
    findings=(
        findings.membrane,
        findings.window,
        findings.resistance,
        findings.spike_energy,
        findings.decision,
        findings.barrier,
    ),
    parameters=parameters,
)
