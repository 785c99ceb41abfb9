"""The functions behind the rows A18-A20 of the claims ledger (working memory).

They read stored runs of the study (`network.studies.stored`): those of ``--runs DIR``, or the ones that come with the
package; the note says which. Training takes minutes to hours and is no part of a report.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import cast

from network.studies.memory import N_BACK, MemoryResults
from network.studies.stored import load_results
from reports.claims import ClaimContext, Reproduction
from reports.context import RunContext

NO_MEMORY = 0.05  # |PR| of a network without memory
RECENCY = 0.05  # least difference of recall that counts as an effect


@cache
def _load(folder: Path | None) -> MemoryResults:
    return load_results(folder)


def results(context: ClaimContext) -> MemoryResults:
    """The stored runs that a report was given, or the shipped ones; none for a context that knows of no runs."""
    return _load(cast(RunContext, context).runs) if hasattr(context, "runs") else MemoryResults(())


def _curve(curve: Mapping[int, float]) -> str:
    return ", ".join(f"n = {n}: {value:.3f}" for n, value in curve.items())


def _answer(context: ClaimContext, value: float | bool | None, text: str) -> Reproduction:
    return Reproduction(value, f"{text}; {results(context).origin}" if value is not None else "not in the stored runs")


def a18_ipnet(context: ClaimContext) -> Reproduction:
    """Whether IPNet's PR falls at every step from n = 1 to 4."""
    curve = results(context).n_back("ipnet")
    if len(curve) < len(N_BACK):
        return Reproduction(None, "not in the stored runs")
    values = list(curve.values())
    falls = all(a > b for a, b in pairwise(values))
    return _answer(context, falls, f"PR {_curve(curve)}; 32 neurons per input")


def a18_lstm(context: ClaimContext) -> Reproduction:
    """Lowest PR of the LSTM over n, %."""
    curve = results(context).n_back("lstm")
    return _answer(context, 100 * min(curve.values()) if len(curve) == len(N_BACK) else None, f"PR {_curve(curve)}")


def a18_lif(context: ClaimContext) -> Reproduction:
    """Whether LIF neurons at the input layer leave the network without memory at every n."""
    lif, ablated = results(context).n_back("lif"), results(context).n_back("ablated")
    fails = all(abs(value) <= NO_MEMORY for value in lif.values()) if len(lif) == len(N_BACK) else None
    text = f"PR {_curve(lif)}; IPNet without plasticity {_curve(ablated)}; an item fires a LIF neuron and resets it"
    return _answer(context, fails, text)


def _interference(context: ClaimContext, name: str) -> dict[str, float] | None:
    found = {s: results(context).interference(s, name) for s in ("low", "high")}
    return {s: v for s, v in found.items() if v is not None} if None not in found.values() else None


def _losses(pi: Mapping[str, float], ri: Mapping[str, float]) -> str:
    return ", ".join(f"{s} similarity: PI {100 * pi[s]:.1f} %, RI {100 * ri[s]:.1f} %" for s in pi)


def a19_interference(context: ClaimContext) -> Reproduction:
    """Whether retroactive interference costs more accuracy than proactive at both similarities."""
    pi, ri = _interference(context, "PI_relative"), _interference(context, "RI_relative")
    if pi is None or ri is None:
        return Reproduction(None, "not in the stored runs")
    return _answer(context, all(ri[s] > pi[s] for s in pi), _losses(pi, ri))


def a19_similarity(context: ClaimContext) -> Reproduction:
    """Whether both kinds of interference cost more with similar items."""
    pi, ri = _interference(context, "PI_relative"), _interference(context, "RI_relative")
    if pi is None or ri is None:
        return Reproduction(None, "not in the stored runs")
    return _answer(context, pi["high"] > pi["low"] and ri["high"] > ri["low"], _losses(pi, ri))


def a19_recency(context: ClaimContext) -> Reproduction:
    """Whether, without delay, the last items are recalled better than the middle ones, and the first are not."""
    recency = results(context).recall("ipnet", "recency_delay0")
    primacy = results(context).recall("ipnet", "primacy_delay0")
    if recency is None or primacy is None:
        return Reproduction(None, "not in the stored runs")
    text = f"last 3 less middle 5 positions {100 * recency:+.1f} points, first 3 less middle 5 {100 * primacy:+.1f}"
    return _answer(context, recency > RECENCY and primacy < RECENCY, text)


def a19_delay(context: ClaimContext) -> Reproduction:
    """Whether the recency effect shrinks with the delay before recall."""
    found = [results(context).recall("ipnet", f"recency_delay{delay}") for delay in (0, 3, 10)]
    values = [value for value in found if value is not None]
    if len(values) < len(found):
        return Reproduction(None, "not in the stored runs")
    text = "recency " + ", ".join(f"{100 * v:+.1f} points after {d}" for v, d in zip(values, (0, 3, 10), strict=True))
    return _answer(context, values[0] > values[1] > values[2] - RECENCY / 2, f"{text} idle steps")


def _deficit(context: ClaimContext, *, cued: bool) -> Reproduction:
    value = results(context).interference("low", "RI_points", cued=cued)
    control = results(context).interference("low", "accuracy_control", cued=cued)
    text = "" if control is None else f"accuracy without interference {100 * control:.1f} %"
    return _answer(context, value, text)


def a19_uncued(context: ClaimContext) -> Reproduction:
    """Accuracy lost to retroactive interference without a cue, points."""
    return _deficit(context, cued=False)


def a19_cued(context: ClaimContext) -> Reproduction:
    """Accuracy lost to retroactive interference with a cue, points."""
    return _deficit(context, cued=True)


def a20_placement(context: ClaimContext) -> Reproduction:
    """Whether plastic neurons at the input do better than in the hidden layer, at every n that was run for both."""
    at_input, hidden = (results(context).n_back("ipnet", p) for p in ("input", "hidden"))
    shared = [n for n in N_BACK if n in at_input and n in hidden]
    if not shared:
        return Reproduction(None, "not in the stored runs")
    both = results(context).n_back("ipnet", "both")
    text = f"PR input {_curve({n: at_input[n] for n in shared})}; hidden {_curve(hidden)}; both {_curve(both)}"
    return _answer(context, all(at_input[n] > hidden[n] for n in shared), text)
