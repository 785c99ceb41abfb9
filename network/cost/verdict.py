"""The summary line: what the network spends, who spends least, and what becomes of its accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ipcircuit.units import in_full, si
from network.accounting.baselines import fair
from network.mapping.outcome import IDEAL

if TYPE_CHECKING:
    from network.cost.result import ScopeEnergy
    from network.mapping.suitability import Suitability

WIDEST = ("system", "circuit", "paper")  # the scope that is compared: the first that was obtained

_AS_DESIGNED = ("circuit", "fine-tuned")


def compared(energies: Mapping[str, ScopeEnergy]) -> tuple[str, float] | None:
    """Scope and energy (J) that baselines are compared with; None: none was obtained."""
    known = ((scope, energies[scope].total_J) for scope in WIDEST if scope in energies)
    return next(((scope, energy) for scope, energy in known if energy), None)


def least(baselines: Sequence[dict[str, Any]]) -> Mapping[str, Any] | None:
    """The baseline of least energy among those that are fair (`network.accounting.baselines.fair`); None: none is.

    One whose accuracy was not obtained counts only where that of no other one was.
    """
    candidates = fair(baselines)
    tried = [row for row in candidates if row["score"] is not None]
    return min(tried or candidates, key=lambda row: row["energy_per_sample_J"], default=None)


def summary(
    energies: Mapping[str, ScopeEnergy],
    baselines: Sequence[dict[str, Any]],
    suitability: Suitability | None,
    unjudged: str | None,
) -> str:
    """One line."""
    own, best = compared(energies), least(baselines)
    sentences = []
    if own is None:
        if energies:
            sentences.append("The energy of this network was not obtained in any scope")
        if best is not None:
            sentences.append(f"{best['system']} spends least: {si(best['energy_per_sample_J'], 'J', 3)} per sample")
    else:
        scope, energy = own
        text = f"{si(energy, 'J', 3)} per sample (scope {scope})"
        sentences.append(text if best is None else f"{text}; {_winner(energy, best, as_good(suitability))}")
    if suitability is not None:
        sentences.append(suitability.verdict[0].upper() + suitability.verdict[1:])
    elif unjudged is not None:
        sentences.append(f"Whether the neurons may stand there is not known: {unjudged}")
    return ". ".join(sentences) + "."


def as_good(suitability: Suitability | None) -> bool | None:
    """Whether the network answers as well with the circuit's neurons, fine-tuned or not; None: not judged.

    It does unless the interval of the better one lies below what its own neurons reach.
    """
    if suitability is None:
        return None
    shares = {o.name: o.accuracy or o.agreement for o in suitability.outcomes}
    ideal, best = shares.get(IDEAL), [s for name in _AS_DESIGNED if (s := shares.get(name)) is not None]
    return None if ideal is None or not best else max(share.high for share in best) >= ideal.value


def _winner(energy: float, best: Mapping[str, Any], good: bool | None) -> str:
    other, name = best["energy_per_sample_J"], best["system"]
    if best["score"] is None:
        name += " (accuracy not obtained)"
    if other < energy:
        return f"{name} wins with {si(other, 'J', 3)}, {in_full(energy / other)} times less"
    verb = {True: "it wins", False: "it spends least, but answers worse with these neurons", None: "it spends least"}
    return f"{verb[good]}: {name}, the next, takes {si(other, 'J', 3)}, {in_full(other / energy)} times as much"
