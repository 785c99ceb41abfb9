"""What the run says, in words: every number comes from the run, and every sentence is written from it."""

from __future__ import annotations

from circuits.thermal_mtj.cycle import MEAN, tag
from circuits.thermal_mtj.decision_yield import DecisionYield, minimum_device_sigma, sense_inverter_sigma
from energy.compare import PUBLISHED_OPERATION
from ipcircuit.technology.targets import VDD
from ipcircuit.units import si
from reports.ledger.record import published
from reports.page.context import RunContext
from reports.section import Finding
from reports.thermal_mtj.sample_energy import NEURONS, baseline_rows, device_energy

NEURON = "differential"


def _energy(context: RunContext, scope: str) -> float:
    energy = context.cost(NEURON).scopes[scope].energy_per_operation_J
    assert energy is not None  # a simulated cost has all scopes
    return energy


def scope_ratio(context: RunContext) -> Finding:
    """What the circuit draws beyond what the source counts."""
    paper, circuit, system = (_energy(context, scope) for scope in ("paper", "circuit", "system"))
    parts = context.cost(NEURON).scopes["circuit"].energy_breakdown_J
    series = sum(energy for name, energy in parts.items() if name.startswith("divider"))
    logic = sum(energy for name, energy in parts.items() if not name.startswith(("divider", "mtj")))
    return Finding(
        f"One operation costs {circuit / paper:.1f} times what the junctions alone take",
        f"Differential neuron: {si(paper, 'J', 3)} in the junctions (published "
        f"{si(PUBLISHED_OPERATION.value, 'J', 3)}), {si(circuit, 'J', 3)} in the whole circuit, "
        f"{si(system, 'J', 3)} with a write driver. The difference is the reference MTJs in series "
        f"({si(series, 'J', 3)}); comparators and logic take {si(logic, 'J', 3)}, {100 * logic / circuit:.1g} % of "
        "the circuit.",
    )


def cycle_energy(context: RunContext) -> Finding:
    """A3: plateau, whole protocol, and the published number."""
    device = context.device
    plateau, protocol, narrow = (device[f"energy_{n}_J"] for n in ("plateau_200nm", "protocol_200nm", "protocol_100nm"))
    stated = published("A3.protocol_200nm")
    place = "between" if plateau < stated < protocol else "outside"
    return Finding(
        f"The published {si(stated, 'J')} lies {place} two ways of counting",
        f"The bare 200 nm junction at 0.80 V takes {si(plateau, 'J', 3)} during the plateau, held in P, and "
        f"{si(protocol, 'J', 3)} over the whole cycle with edges, switching and reset. The 100 nm junction takes "
        f"{si(narrow, 'J', 3)} over the whole cycle (published {si(published('A3.protocol_100nm'), 'J')}).",
    )


def against_digital(context: RunContext) -> Finding:
    """The digital accelerator between GPU and device."""
    baselines = {row.system: row.energy_per_sample_J for row in baseline_rows(context)}
    best, energy = min(((s, e) for s, e in baselines.items() if e is not None), key=lambda pair: pair[1])
    single, many = (device_energy(context, "system", n) for n in (NEURONS[0], NEURONS[-1]))
    paper = device_energy(context, "paper", 1)
    assert single is not None and many is not None and paper is not None  # noqa: PT018 - types, not a test
    gpu = min(e for s, e in baselines.items() if " on " in s and e is not None)
    return Finding(
        "A digital accelerator, not the GPU, is the close competitor",
        f"Against the cheapest GPU increment the device's memory energy is {gpu / paper:,.0f} times lower in paper "
        f"scope and {gpu / single:,.0f} times in system scope (N = 1). Against the cheapest digital estimate "
        f"({best}, {si(energy, 'J', 3)}, a lower bound) it is {energy / single:.2g} times lower in system scope at "
        "N = 1"
        + (
            f", and {many / energy:.2g} times higher at N = {NEURONS[-1]}."
            if many > energy
            else f", and {energy / many:.2g} times lower at N = {NEURONS[-1]}."
        ),
    )


def _margins(context: RunContext) -> tuple[float, float]:
    """Distances of the P and AP levels to the threshold, V: the smaller ones over all halves."""
    operation = context.operation(NEURON)
    halves = operation.cycle.neuron.halves
    low = operation.cycle.levels[tuple(False for _ in halves)]
    high = operation.cycle.levels[tuple(True for _ in halves)]
    return operation.threshold_V - max(low), min(high) - operation.threshold_V


def comparator_window(context: RunContext) -> Finding:
    """Eq. 2's window against the one that is there."""
    operation = context.operation("comparator")
    half, v_read = operation.cycle.neuron.halves[0], operation.cycle.conditions.v_read
    window = operation.cycle.levels[(True,)][0] - operation.cycle.levels[(False,)][0]
    flat = half.divider.level_antiparallel_low_bias(v_read) - half.divider.level_parallel(v_read)
    return Finding(
        f"The comparator's window is {100 * (1 - window / flat):.0f} % smaller than Eq. 2's",
        f"At {v_read:g} V read the divider's levels are {1e3 * window:.1f} mV apart (±{500 * window:.1f} mV). With a "
        f"resistance that does not fall with bias, as Eq. 2 assumes, they would be {1e3 * flat:.1f} mV apart "
        f"(±{500 * flat:.1f} mV).",
    )


def decision_yield(context: RunContext) -> Finding:
    """Analytical yield from random threshold mismatch."""
    margins = _margins(context)
    wide, sized = (DecisionYield(sigma(), *margins) for sigma in (minimum_device_sigma, sense_inverter_sigma))
    smaller = min(margins)
    return Finding(
        f"The noise margin is only {smaller / wide.sigma_V:.1f} σ of a minimum transistor's threshold",
        f"Margins are {1e3 * margins[0]:.1f} mV (P) and {1e3 * margins[1]:.1f} mV (AP); a minimum transistor's "
        f"threshold voltage varies by σ = {1e3 * wide.sigma_V:.1f} mV. If the comparator's threshold did the same "
        f"(assumed Gaussian, nothing else varying), {100 * wide.value:.0f} % of comparators would decide both "
        f"states rightly, and {100 * wide.value**2:.0f} % of differential neurons, which have two. With the sense "
        f"inverter as sized, σ ≈ {1e3 * sized.sigma_V:.1f} mV (both devices with equal weight, assumed), it is "
        f"{100 * sized.value:.1f} % and {100 * sized.value**2:.1f} %. An estimate, not a Monte-Carlo simulation.",
    )


def reference_voltage(context: RunContext) -> Finding:
    """What the reference MTJ has to stand."""
    cycle = context.operation("comparator").cycle
    junction = cycle.run[f"x{tag((False,))}.divider"]  # not switched yet: what the set pulse is specified for
    across = cycle.run[f"drive_{MEAN}"] - junction
    peak, active = float(across.max()), float(junction.max())
    return Finding(
        "The reference MTJ sees more voltage than the junction that switches",
        f"During the set pulse {peak:.2f} V stand across the reference MTJ and {active:.2f} V across the active "
        f"junction, from {cycle.peak_voltage_V:.2f} V at the input. It must not switch all the same: the model "
        "holds it in P, which a real circuit has to ensure (a pinned free layer, a larger or reversed junction).",
    )


def gate_stress(context: RunContext) -> Finding:
    """The comparator's gate during set and reset; nothing isolates it."""
    operation = context.operation(NEURON)
    cycle = operation.cycle
    neuron = cycle.neuron
    levels = [cycle.run[f"x{tag(s)}.divider{half.suffix}"] for s in neuron.outcomes() for half in neuron.halves]
    lowest, highest = min(float(v.min()) for v in levels), max(float(v.max()) for v in levels)
    supply = cycle.conditions.v_dd
    cost = context.cost(NEURON)
    cells = [name for name, area in cost.scopes["circuit"].area_breakdown_um2.items() if area > 0]
    return Finding(
        "Nothing protects the comparator's gate from the pulses",
        f"The divider's output goes from {_signed(lowest)} in the reset to {highest:.2f} V in the set pulse. In the "
        f"reset the sense inverter's PMOS has V_GS = {_signed(lowest - supply)} at a supply of {supply:g} V (rated "
        f"supply of the process {VDD:g} V), and its output toggles with every pulse. All {cost.transistors} "
        f"transistors belong to {', '.join(name.replace('_', ' ') for name in cells)} cells: no access transistor "
        "isolates the gate or selects the neuron.",
    )


def _signed(volts: float) -> str:
    """A voltage with a typographic minus."""
    return f"{volts:.2f} V".replace("-", "−")


def driver_area(context: RunContext) -> Finding:
    """Driver against neuron."""
    found = context.characterization(NEURON)
    neuron, driver = found.areas["circuit"].total_um2, found.driver
    assert driver is not None  # an MTJ neuron is driven by pulses
    return Finding(
        f"A write driver of its own would be {driver.area_um2 / neuron:.0f} times the neuron's area",
        f"The pulses take up to {1e3 * driver.peak_current_A:.1f} mA at {driver.peak_voltage_V:.2f} V, above the "
        f"core supply: an H-bridge of {driver.supply_V:g} V devices, {1e6 * driver.width_n_m:.0f} and "
        f"{1e6 * driver.width_p_m:.0f} µm wide (n, p), about {driver.area_um2:.0f} µm², beside {neuron:.2g} µm² of "
        f"cells (published {published('A9.paper'):g} µm²). Sharing it divides the area and asks for access "
        "transistors instead. Device data of the driver are assumed.",
    )


def compact_model(context: RunContext) -> Finding:
    """Largest error of the model that a network uses."""
    checks = [check for circuit in ("comparator", NEURON) for check in context.checks(circuit)]
    worst = max(checks, key=lambda check: check.max_error)
    failed = [check.curve for check in checks if not check.passed]
    verdict = "All are within tolerance." if not failed else f"Outside tolerance: {', '.join(failed)}."
    return Finding(
        f"The compact model follows the circuit within {100 * worst.max_error:.2g} percentage points of firing "
        "probability",
        f"{len(checks)} curves of both circuits were compared, tolerance {worst.tolerance:g}; the largest "
        f"difference is on “{worst.curve}”. {verdict}",
    )


MAKERS = (
    scope_ratio,
    cycle_energy,
    against_digital,
    comparator_window,
    decision_yield,
    reference_voltage,
    gate_stress,
    driver_area,
    compact_model,
)
