"""Spreads of a circuit's copies: those that its devices and its technology declare, and what a user states instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from circuits.conditions import Conditions
from circuits.testbench import SampledTestbench, Testbench
from energy.variation.copies.dimensions import dimensions
from ipcircuit import spread_file
from ipcircuit.distributions import Distribution
from ipcircuit.errors import InputError
from ipcircuit.parameters import Variation
from ipcircuit.sampling.plans import Plan, plan
from ipcircuit.sampling.sample import PLAIN
from ipcircuit.spreads import NONE, Change, Correlation, Spreads, owner_of
from ipcircuit.technology import variations as transistors
from ipcircuit.technology.record import Technology

Declared = Mapping[str, tuple[Variation, ...]]


def spreads_of(testbench: Any) -> Spreads:
    """What is stated in place of the declared spreads; nothing for a testbench whose conditions take none."""
    return getattr(getattr(testbench, "conditions", None), "spreads", NONE)


def by_name(devices: Declared, technology: Technology, spreads: Spreads = NONE) -> dict[str, Variation]:
    """Every spread by the name that files and options use: those of transistors first."""
    declared = {transistors.OWNER: transistors.variations(technology), **devices}
    return {f"{owner}.{v.key}": v for owner, of in declared.items() for v in spreads.of(owner, of)}


def with_spreads(testbench: Testbench, spreads: Spreads) -> Testbench:
    """The testbench whose copies have these spreads, over those that it has.

    Raises:
        InputError: a circuit without copies, a name that it does not have, a distribution that a quantity cannot have,
            or a correlation that has no effect.
    """
    if not spreads:
        return testbench
    if not isinstance(testbench, SampledTestbench) or not isinstance(testbench.conditions, Conditions):
        problem = "this circuit declares no variation that could be replaced"
        raise InputError(problem, where=_origin(spreads), found=testbench.name)
    conditions = testbench.conditions
    joined = spreads.over(conditions.spreads)
    declared = by_name(testbench.variations, conditions.technology)
    for name, change in joined.changes:
        _check_change(testbench.name, name, change, declared)
    variations = by_name(testbench.variations, conditions.technology, joined)
    for correlation in joined.correlations:
        _check_effect(correlation, variations)
    result: Any = replace(testbench, conditions=replace(conditions, spreads=joined))
    if instances := {name for c in joined.correlations for name in c.between}.difference(variations):
        # Names that correlations make needless are those of the circuit without; the other way round no name is new,
        # but what is correlated twice is refused.
        names = sorted({*dimensions(testbench), *dimensions(result)})
        if unknown := sorted(instances.difference(names)):
            where = f"{_origin(joined)}: correlation"
            allowed = f"{', '.join(variations)}; or of one instance: {', '.join(names)}"
            raise InputError("no such spread", where=where, found=unknown[0], allowed=allowed)
    return result


def planned(testbench: Testbench, sampling: str, seed: int, copies: int, scramblings: int = 1) -> Plan:
    """The copies of a circuit.

    Args:
        sampling, scramblings: as of `ipcircuit.sampling.plans.plan`.

    Raises:
        InputError: as `plan`; or several copies of a die, which differ as plain ones do.
    """
    if sampling == PLAIN:
        return plan(sampling, seed, (), copies)
    if spreads_of(testbench).per_die > 1:
        problem = "copies that share a die are drawn plainly"
        raise InputError(problem, where="sampling", found=sampling, allowed="plain; or one copy per die")
    return plan(sampling, seed, dimensions(testbench), copies, scramblings)


def spreads_text(testbench: Testbench) -> str:
    """The spreads of a circuit's copies as a file that can be edited and stated instead.

    Raises:
        InputError: a circuit that declares no variation.
    """
    if not isinstance(testbench, SampledTestbench):
        raise InputError("this circuit declares no variation", where="spreads", found=testbench.name)
    spreads = spreads_of(testbench)
    technology = testbench.conditions.technology  # pyright: ignore[reportAttributeAccessIssue]
    return spread_file.text(by_name(testbench.variations, technology, spreads), spreads.correlations)


def variation_rows(devices: Declared, technology: Technology, spreads: Spreads = NONE) -> list[dict[str, Any]]:
    """What varies, with basis and source; transistors first, and what does not vary left out."""
    names = by_name(devices, technology, spreads)
    return [
        {
            "name": name,
            "what": f"{_WHOSE.get(owner_of(name), owner_of(name))}: {v.name}",
            "parameters": list(v.parameters),
            "sigma": v.sigma,
            "unit": v.unit,
            "distribution": str(v.distribution),
            "die": v.die,
            "basis": v.basis,
            "source": v.source,
        }
        for name, v in names.items()
        if v.sigma > 0
    ]


def correlation_rows(correlations: Sequence[Correlation]) -> list[dict[str, Any]]:
    """Correlations with their sources."""
    return [
        {
            "between": list(c.between),
            "value": c.value,
            "source": f"set by the user: {c.origin}" + (f": {c.source}" if c.source else ""),
        }
        for c in correlations
    ]


_WHOSE = {transistors.OWNER: "every transistor"}


def _check_change(circuit: str, name: str, change: Change, declared: Mapping[str, Variation]) -> None:
    """Raise InputError for a name that a circuit does not have, or a distribution that a quantity cannot have."""
    if name not in declared:
        problem = f"circuit {circuit} has no spread of this name"
        raise InputError(problem, where=change.origin, found=name, allowed=", ".join(declared))
    if change.distribution is Distribution.LOGNORMAL and declared[name].shifts:
        others = ", ".join(repr(d.value) for d in Distribution if d is not Distribution.LOGNORMAL)
        where = f"{change.origin}: {name}.distribution"
        raise InputError("a shift has no such distribution", where=where, found="lognormal", allowed=others)


def _check_effect(correlation: Correlation, variations: Mapping[str, Variation]) -> None:
    """Raise InputError for a correlation of parameters that no two devices of a die could have."""
    one, other = correlation.between
    if (one in variations) != (other in variations):
        raise InputError(
            "between a parameter and an instance, or an unknown name",
            where=f"{correlation.origin}: correlation",
            found=" and ".join(correlation.between),
            allowed=f"two parameters ({', '.join(variations)}), or two instances",
        )
    if one in variations and owner_of(one) != owner_of(other):
        for name in correlation.between:
            if variations[name].die == 0:
                raise InputError(
                    "a correlation of two devices is that of what a die shares, and this spread shares nothing",
                    where=f"{correlation.origin}: correlation",
                    found=name,
                    allowed=f"[{name}] with die above 0; or the names of two instances",
                )


def _origin(spreads: Spreads) -> str:
    origins = [change.origin for _, change in spreads.changes] + [c.origin for c in spreads.correlations]
    return origins[0] if origins else "spreads"
