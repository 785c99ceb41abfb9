"""The few numbers at the top of the page, each with what to compare it with."""

from __future__ import annotations

from ipcircuit.units import si
from reports.ledger.record import published
from reports.page.context import RunContext
from reports.section import Headline
from reports.thermal_mtj.sample_energy import CIRCUIT, device_energy


def _energy(context: RunContext) -> Headline:
    found = {name: si(scope.energy_per_operation_J, "J", 3) for name, scope in context.cost(CIRCUIT).scopes.items()}
    stated = si(published("A4.paper"), "J")
    beside = f"paper scope {found['paper']} (published {stated}), system scope {found['system']}"
    return "Energy per operation, differential neuron", found["circuit"], beside


def _sample(context: RunContext) -> Headline:
    found = {name: si(device_energy(context, name, 1), "J", 3) for name in context.cost(CIRCUIT).scopes}
    stated = si(published("A11.n1"), "J")
    beside = f"paper scope {found['paper']} (published {stated}), system scope {found['system']}"
    return "Memory energy per sample, N = 1", found["circuit"], beside


def _area(context: RunContext) -> Headline:
    cost = context.cost(CIRCUIT)
    circuit, paper = cost.scopes["circuit"].area_um2, cost.scopes["paper"].area_um2
    beside = f"{cost.transistors} transistors, paper scope {paper:.3g} µm² (published {published('A9.paper'):g} µm²)"
    return "Area, standard cells", f"{circuit:.3g} µm²", beside


def _margin(context: RunContext) -> Headline:
    rows = context.truth_table()
    right = sum(row["correct"] for row in rows)
    return (
        "Smallest noise margin",
        si(min(row["noise_margin_V"] for row in rows), "V", 3),
        (f"{right} of {len(rows)} truth-table rows right"),
    )


def _compact(context: RunContext) -> Headline:
    checks = [check for name in ("comparator", CIRCUIT) for check in context.checks(name)]
    worst = max(check.max_error for check in checks)
    passed = sum(check.passed for check in checks)
    beside = f"largest difference of firing probability; {passed} of {len(checks)} curves within tolerance"
    return "Circuit against compact model", f"{100 * worst:.2g} points", beside


MAKERS = (_energy, _sample, _area, _margin, _compact)
