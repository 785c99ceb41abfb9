"""Results of the thermal MTJ neurons in words, and their headline numbers; every sentence is written from the run."""

from __future__ import annotations

from circuits.thermal_mtj.cycle import MEAN, tag
from circuits.thermal_mtj.decision_yield import DecisionYield, minimum_device_sigma, sense_inverter_sigma
from energy.compare import PUBLISHED_OPERATION
from energy.cost import SCOPES
from ipcircuit.devices.thermal_mtj.leave_one_out import leave_one_out
from ipcircuit.technology.targets import VDD
from ipcircuit.units import si
from reports import simulated
from reports.ledger.record import published
from reports.section import Finding, Headline, Run
from reports.thermal_mtj import circuit, junction
from reports.thermal_mtj.circuit import COMPARATOR, DIFFERENTIAL, operation
from reports.thermal_mtj.figures_cost import grouped
from reports.thermal_mtj.sample_energy import MANY, baseline_rows, device_energy


def _energy(run: Run, scope: str) -> float:
    energy = simulated.cost(DIFFERENTIAL, run.jobs).scopes[scope].energy_per_operation_J
    assert energy is not None  # a simulated cost has all scopes
    return energy


def scope_ratio(run: Run) -> Finding:
    """Energy beyond what the source counts."""
    paper, whole, system = (_energy(run, scope) for scope in SCOPES)
    _, series, _, logic = grouped(simulated.characterization(DIFFERENTIAL, run.jobs), "circuit").values()
    return Finding(
        f"One operation costs {whole / paper:.1f} times what the junctions alone take",
        f"Differential neuron: {si(paper, 'J', 3)} in the junctions (published "
        f"{si(PUBLISHED_OPERATION.value, 'J', 3)}), {si(whole, 'J', 3)} in the whole circuit, "
        f"{si(system, 'J', 3)} with a write driver. The difference is the reference MTJs in series "
        f"({si(series, 'J', 3)}); comparators and logic take {si(logic, 'J', 3)}, {100 * logic / whole:.1g} % of "
        "the circuit.",
    )


def cycle_energy(run: Run) -> Finding:
    """A3: plateau, whole protocol, and the published number."""
    bare, stated = junction.protocol(run.jobs), published("A3.protocol_200nm")
    plateau, protocol = bare["energy_plateau_200nm_J"], bare["energy_protocol_200nm_J"]
    position = "between" if plateau < stated < protocol else "outside"
    return Finding(
        f"The published {si(stated, 'J')} lies {position} two ways of counting",
        f"The bare 200 nm junction at 0.80 V takes {si(plateau, 'J', 3)} during the plateau, held in P, and "
        f"{si(protocol, 'J', 3)} over the whole cycle with edges, switching and reset. The 100 nm junction takes "
        f"{si(bare['energy_protocol_100nm_J'], 'J', 3)} over the whole cycle (published "
        f"{si(published('A3.protocol_100nm'), 'J')}).",
    )


def against_digital(run: Run) -> Finding:
    """The digital accelerator between GPU and device."""
    baselines = {row.system: row.energy_per_sample_J for row in baseline_rows(run)}
    best, energy = min(((s, e) for s, e in baselines.items() if e is not None), key=lambda pair: pair[1])
    gpu = min(e for s, e in baselines.items() if " on " in s and e is not None)
    paper, single, many = (device_energy(run, *c) for c in (("paper", 1), ("system", 1), ("system", MANY[-1])))
    assert paper and single and many  # noqa: PT018 - types, not a test
    ratio, direction = (many / energy, "higher") if many > energy else (energy / many, "lower")
    return Finding(
        "A digital accelerator, not the GPU, is the close competitor",
        f"Against the cheapest GPU increment the device's memory energy is {gpu / paper:,.0f} times lower in paper "
        f"scope and {gpu / single:,.0f} times in system scope (N = 1). Against the cheapest digital estimate "
        f"({best}, {si(energy, 'J', 3)}, a lower bound) it is {energy / single:.2g} times lower in system scope at "
        f"N = 1, and {ratio:.2g} times {direction} at N = {MANY[-1]}.",
    )


def comparator_window(run: Run) -> Finding:
    """Eq. 2's window against the simulated one."""
    (window,) = circuit.windows(COMPARATOR, run.jobs)
    width, flat = window.width_V, window.constant_V
    return Finding(
        f"The comparator's window is {100 * (1 - width / flat):.0f} % smaller than Eq. 2's",
        f"At {operation(COMPARATOR, run.jobs).cycle.conditions.v_read:g} V read the divider's levels are "
        f"{1e3 * width:.1f} mV apart (±{500 * width:.1f} mV). With a resistance that does not fall with bias, as Eq. 2 "
        f"assumes, they would be {1e3 * flat:.1f} mV apart (±{500 * flat:.1f} mV).",
    )


def decision_yield(run: Run) -> Finding:
    """Analytic yield from random threshold mismatch, with the smaller margins over both halves."""
    margins = tuple(map(min, zip(*(w.margins_V for w in circuit.windows(DIFFERENTIAL, run.jobs)), strict=True)))
    wide, sized = (DecisionYield(sigma(), *margins) for sigma in (minimum_device_sigma, sense_inverter_sigma))
    return Finding(
        f"The noise margin is only {min(margins) / wide.sigma_V:.1f} σ of a minimum transistor's threshold",
        f"Margins are {1e3 * margins[0]:.1f} mV (P) and {1e3 * margins[1]:.1f} mV (AP); a minimum transistor's "
        f"threshold voltage varies by σ = {1e3 * wide.sigma_V:.1f} mV. If the comparator's threshold did the same "
        f"(assumed Gaussian, nothing else varying), {100 * wide.value:.0f} % of comparators would decide both "
        f"states rightly, and {100 * wide.value**2:.0f} % of differential neurons, which have two. With the sense "
        f"inverter as sized, σ ≈ {1e3 * sized.sigma_V:.1f} mV (both devices with equal weight, assumed), it is "
        f"{100 * sized.value:.1f} % and {100 * sized.value**2:.1f} %. An estimate, not a Monte-Carlo simulation.",
    )


def reference_voltage(run: Run) -> Finding:
    """Voltage that the reference MTJ has to stand."""
    cycle = operation(COMPARATOR, run.jobs).cycle
    active = cycle.run[f"x{tag((False,))}.divider"]  # not switched yet: what the set pulse is specified for
    across = cycle.run[f"drive_{MEAN}"] - active
    return Finding(
        "The reference MTJ sees more voltage than the junction that switches",
        f"During the set pulse {float(across.max()):.2f} V stand across the reference MTJ and "
        f"{float(active.max()):.2f} V across the active junction, from {cycle.pulse_input.peak_voltage_V:.2f} V at the "
        "input. It must not switch all the same: the model holds it in P, which a real circuit has to ensure (a "
        "pinned free layer, a larger or reversed junction).",
    )


def gate_stress(run: Run) -> Finding:
    """The comparator's gate during set and reset; nothing isolates it."""
    cycle = operation(DIFFERENTIAL, run.jobs).cycle
    neuron, supply = cycle.neuron, cycle.conditions.v_dd
    levels = [cycle.run[f"x{tag(s)}.divider{half.suffix}"] for s in neuron.outcomes() for half in neuron.halves]
    lowest, highest = min(float(v.min()) for v in levels), max(float(v.max()) for v in levels)
    cost = simulated.cost(DIFFERENTIAL, run.jobs)
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


def driver_area(run: Run) -> Finding:
    """Driver against neuron."""
    record = simulated.characterization(DIFFERENTIAL, run.jobs)
    neuron, driver = record.areas["circuit"].total_um2, record.driver
    assert driver is not None  # an MTJ neuron is driven by pulses
    return Finding(
        f"A write driver of its own would be {driver.area_um2 / neuron:.0f} times the neuron's area",
        f"The pulses take up to {1e3 * driver.peak_current_A:.1f} mA at {driver.peak_voltage_V:.2f} V, above the "
        f"core supply: an H-bridge of {driver.supply_V:g} V devices, {1e6 * driver.width_n_m:.0f} and "
        f"{1e6 * driver.width_p_m:.0f} µm wide (n, p), about {driver.area_um2:.0f} µm², beside {neuron:.2g} µm² of "
        f"cells (published {published('A9.paper'):g} µm²). Sharing it divides the area and asks for access "
        "transistors instead. Device data of the driver are assumed.",
    )


def compact_model(run: Run) -> Finding:
    """Largest error of the model that a network uses."""
    curves = [curve for name in circuit.NEURONS for curve in simulated.curves(name, run.jobs)]
    worst = max(curves, key=lambda curve: curve.max_error)
    failed = [curve.curve for curve in curves if not curve.passed]
    verdict = "All are within tolerance." if not failed else f"Outside tolerance: {', '.join(failed)}."
    return Finding(
        f"The compact model follows the circuit within {100 * worst.max_error:.2g} percentage points of firing "
        "probability",
        f"{len(curves)} curves of both circuits were compared, tolerance {worst.tolerance:g}; the largest "
        f"difference is on “{worst.curve}”. {verdict}",
    )


def calibration(_: Run) -> Finding:
    """The figures of the calibration, each left out in turn."""
    records = leave_one_out()
    record, free = records["A3.p_sw"], sum(r.predicted is None for r in records.values())
    assert record.predicted is not None
    return Finding(
        "The calibration has nothing over to be tested with",
        f"Left out in turn, {free} of its {len(records)} figures are not determined by the rest. The switching "
        f"probability at 0.80 V is, once the cold {100 * published('A5.base'):g} % are taken at the 0.83 V that the "
        f"source states for such probes: {100 * record.predicted:.1f} % against the published "
        f"{100 * record.published:.1f} %. The source's probabilities contradict each other at their stated voltages.",
    )


def operation_energy(run: Run) -> Headline:
    """Energy per operation, in words by scope."""
    paper, whole, system = (si(_energy(run, scope), "J", 3) for scope in SCOPES)
    beside = f"paper scope {paper} (published {si(published('A4.paper'), 'J')}), system scope {system}"
    return "Energy per operation, differential neuron", whole, beside


def sample_energy(run: Run) -> Headline:
    """Memory energy per sample, in words by scope."""
    paper, whole, system = (si(device_energy(run, scope, 1), "J", 3) for scope in SCOPES)
    beside = f"paper scope {paper} (published {si(published('A11.n1'), 'J')}), system scope {system}"
    return "Memory energy per sample, N = 1", whole, beside


def area(run: Run) -> Headline:
    """Cell area."""
    cost = simulated.cost(DIFFERENTIAL, run.jobs)
    whole, paper = cost.scopes["circuit"].area_um2, cost.scopes["paper"].area_um2
    beside = f"{cost.transistors} transistors, paper scope {paper:.3g} µm² (published {published('A9.paper'):g} µm²)"
    return "Area, standard cells", f"{whole:.3g} µm²", beside


def noise_margin(run: Run) -> Headline:
    """Smallest noise margin of the truth table."""
    rows = operation(DIFFERENTIAL, run.jobs).truth_table()
    beside = f"{sum(row.correct for row in rows)} of {len(rows)} truth-table rows right"
    return "Smallest noise margin", si(min(row.noise_margin_V for row in rows), "V", 3), beside


def curve_error(run: Run) -> Headline:
    """Largest difference between circuit and compact model."""
    curves = [curve for name in circuit.NEURONS for curve in simulated.curves(name, run.jobs)]
    passed = sum(curve.passed for curve in curves)
    beside = f"largest difference of firing probability; {passed} of {len(curves)} curves within tolerance"
    return "Circuit against compact model", f"{100 * max(c.max_error for c in curves):.2g} points", beside


FINDINGS = (
    scope_ratio,
    cycle_energy,
    against_digital,
    comparator_window,
    decision_yield,
    reference_voltage,
    gate_stress,
    driver_area,
    compact_model,
    calibration,
)
HEADLINE = (operation_energy, sample_energy, area, noise_margin, curve_error)
