"""Results of the thermal MTJ neurons in words, and their headline numbers; every sentence is written from the run."""

from __future__ import annotations

from circuits.measurement import Kind
from circuits.thermal_mtj.cycle import MEAN, tag
from circuits.thermal_mtj.reading.decision_yield import DecisionYield, minimum_device_sigma, sense_inverter_sigma
from energy.compare import PUBLISHED_OPERATION
from energy.cost import SCOPES
from energy.variation.drift import COMPARATOR as SINGLE
from energy.variation.drift import IDLE_CYCLES, PAIR, drift
from ipcircuit.devices.thermal_mtj.leave_one_out import leave_one_out
from ipcircuit.technology.targets import VDD
from ipcircuit.units import si
from reports import simulated
from reports.ledger.record import published
from reports.prose import Prose
from reports.section import Finding, Headline, Run
from reports.thermal_mtj import circuit, junction
from reports.thermal_mtj.circuit import COMPARATOR, DIFFERENTIAL, MANY, baseline_rows, device_energy, operation

PROSE = Prose(__file__)


def _energy(run: Run, scope: str) -> float:
    energy = simulated.cost(DIFFERENTIAL, run.jobs).scopes[scope].energy_per_operation_J
    assert energy is not None  # a simulated cost has all scopes
    return energy


def scope_ratio(run: Run) -> Finding:
    """Energy beyond what the source counts."""
    paper, whole, system = (_energy(run, scope) for scope in SCOPES)
    measurement = simulated.characterization(DIFFERENTIAL, run.jobs).measurement
    series, logic = measurement.energy_of(Kind.DIVIDER), measurement.energy_of(Kind.CMOS)
    values = {"paper": paper, "whole": whole, "system": system, "series": series, "logic": logic}
    values |= {"times": whole / paper, "share": 100 * logic / whole, "published": PUBLISHED_OPERATION.value}
    return PROSE.finding("scope_ratio", **values)


def cycle_energy(run: Run) -> Finding:
    """A3: plateau, whole protocol, and the published number."""
    bare, stated = junction.protocol(run.jobs), published("A3.protocol_200nm")
    plateau, protocol = bare["energy_plateau_200nm_J"], bare["energy_protocol_200nm_J"]
    position = "between" if plateau < stated < protocol else "outside"
    other = published("A3.protocol_100nm")
    return PROSE.finding("cycle_energy", stated=stated, position=position, bare=bare, published_100nm=other)


def against_digital(run: Run) -> Finding:
    """The digital accelerator between GPU and device."""
    baselines = {row.system: row.energy_per_sample_J for row in baseline_rows(run)}
    best, energy = min(((s, e) for s, e in baselines.items() if e is not None), key=lambda pair: pair[1])
    gpu = min(e for s, e in baselines.items() if " on " in s and e is not None)
    paper, single, many = (device_energy(run, *c) for c in (("paper", 1), ("system", 1), ("system", MANY[-1])))
    assert paper and single and many  # noqa: PT018 - types, not a test
    (one, other), (ratio, direction) = (
        (value / energy, "higher") if value > energy else (energy / value, "lower") for value in (single, many)
    )
    values = {"paper": gpu / paper, "system": gpu / single, "digital": one, "many": ratio, "n": MANY[-1]}
    directions = {"other": other, "direction": direction}
    return PROSE.finding("against_digital", best=best, energy=energy, **directions, **values)


def comparator_window(run: Run) -> Finding:
    """Eq. 2's window against the simulated one."""
    (window,) = circuit.windows(COMPARATOR, run.jobs)
    width, flat = window.width_V, window.constant_V
    v_read = operation(COMPARATOR, run.jobs).cycle.conditions.v_read
    half_mV, less = (500 * width, 500 * flat), 1 - width / flat
    return PROSE.finding("comparator_window", less=less, v_read=v_read, width=width, flat=flat, half_mV=half_mV)


def decision_yield(run: Run) -> Finding:
    """Yield of random copies; what the comparators' thresholds alone would leave, with the smaller margins of both."""
    margins = tuple(map(min, zip(*(w.margins_V for w in circuit.windows(DIFFERENTIAL, run.jobs)), strict=True)))
    wide, sized = (DecisionYield(sigma(), *margins) for sigma in (minimum_device_sigma, sense_inverter_sigma))
    values = {"margins": margins, "sigmas": min(margins) / wide.sigma_V, "pairs": (wide.value**2, sized.value**2)}
    sampled = simulated.sampled_yield(DIFFERENTIAL, run.jobs)
    return PROSE.finding("decision_yield", sampled=sampled, wide=wide, sized=sized, **values)


def reference_voltage(run: Run) -> Finding:
    """Voltage that the reference MTJ has to stand."""
    cycle = operation(COMPARATOR, run.jobs).cycle
    active = cycle.run[f"x{tag((False,))}.divider"]  # not switched yet: what the set pulse is specified for
    across = cycle.run[f"drive_{MEAN}"] - active
    highest = {"reference_V": float(across.max()), "active_V": float(active.max())}
    return PROSE.finding("reference_voltage", cycle=cycle, **highest)


def gate_stress(run: Run) -> Finding:
    """The comparator's gate during set and reset; nothing isolates it."""
    cycle = operation(DIFFERENTIAL, run.jobs).cycle
    neuron, supply = cycle.neuron, cycle.conditions.v_dd
    levels = [cycle.run[f"x{tag(s)}.divider{half.suffix}"] for s in neuron.outcomes() for half in neuron.halves]
    lowest, highest = min(float(v.min()) for v in levels), max(float(v.max()) for v in levels)
    cost = simulated.cost(DIFFERENTIAL, run.jobs)
    cells = [name for name, area in cost.scopes["circuit"].area_breakdown_um2.items() if area > 0]
    reset, gate_source = (f"{volts:.2f} V".replace("-", "−") for volts in (lowest, lowest - supply))
    values = {"reset": reset, "highest": highest, "gate_source": gate_source, "supply": supply, "vdd": VDD}
    return PROSE.finding("gate_stress", cost=cost, cells=", ".join(cells).replace("_", " "), **values)


def driver_area(run: Run) -> Finding:
    """Driver against neuron."""
    record = simulated.characterization(DIFFERENTIAL, run.jobs)
    neuron, driver = record.areas["circuit"].total_um2, record.driver
    assert driver is not None  # an MTJ neuron is driven by pulses
    values = {"neuron": neuron, "times": driver.area_um2 / neuron, "published": published("A9.paper")}
    return PROSE.finding("driver_area", driver=driver, width_n_um=1e6 * driver.width_n_m, **values)


def compact_model(run: Run) -> Finding:
    """Largest error of the model that a network uses."""
    curves = [curve for name in circuit.NEURONS for curve in simulated.curves(name, run.jobs)]
    worst = max(curves, key=lambda curve: curve.max_error)
    failed = [curve.curve for curve in curves if not curve.passed]
    verdict = "All are within tolerance." if not failed else f"Outside tolerance: {', '.join(failed)}."
    return PROSE.finding("compact_model", points=100 * worst.max_error, count=len(curves), worst=worst, verdict=verdict)


def ambient_drift(run: Run) -> Finding:
    """Kelvins of the room that are worth the memory, for one junction and for the pair."""
    result = drift(n_jobs=run.jobs)
    single, pair = (result.reading(name) for name in (SINGLE, PAIR))
    first, last = result.signals_V[0], result.signals_V[-1]
    values = {"first": first, "last": last, "idle": IDLE_CYCLES[-1], "predicted": result.predicted}
    values |= {"erased": single.kelvin(first), "faded": single.kelvin(last), "pair_erased": pair.kelvin(first)}
    values |= {"fall": single.fall_V_K, "left": abs(pair.fall_V_K), "gain": 100 * single.signal_per_K}
    return PROSE.finding("ambient_drift", resistance=1e-3 * result.resistance_K_W, **values)


def calibration(_: Run) -> Finding:
    """The figures of the calibration, each left out in turn."""
    records = leave_one_out()
    record, free = records["A3.p_sw"], sum(r.predicted is None for r in records.values())
    assert record.predicted is not None
    return PROSE.finding("calibration", free=free, count=len(records), base=published("A5.base"), record=record)


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
    ambient_drift,
    calibration,
)
HEADLINE = (operation_energy, sample_energy, area, noise_margin, curve_error)
