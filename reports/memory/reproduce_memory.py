"""The functions behind the rows A18-A20 of the claims ledger (working memory).

They read stored runs of the study (`network.experiments.memory.stored`): those of ``--runs DIR``, or the ones that
come with the
package; the note says which. Training takes minutes to hours and is no part of a report.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from network.experiments.memory.memory import N_BACK, Estimate, MemoryResults
from network.experiments.memory.stored import load_results
from reports.ledger.evaluate import ClaimContext, Reproduction
from reports.page.context import RunContext

NO_MEMORY = 0.05  # |PR| of a network without memory
RECENCY = 0.05  # least difference of recall that counts as an effect


@cache
def _load(folder: Path | None) -> MemoryResults:
    return load_results(folder)


def results(context: ClaimContext) -> MemoryResults:
    """The stored runs that a report was given, or the shipped ones; none for a context that knows of no runs."""
    return _load(cast(RunContext, context).runs) if hasattr(context, "runs") else MemoryResults(())


def _curve(curve: Mapping[int, Estimate]) -> str:
    return ", ".join(f"n = {n}: {value.text()}" for n, value in curve.items())


def _answer(context: ClaimContext, value: float | bool | None, text: str) -> Reproduction:
    return Reproduction(value, f"{text}; {results(context).origin}" if value is not None else "not in the stored runs")


def a18_ipnet(context: ClaimContext) -> Reproduction:
    """Whether IPNet's PR falls at every step from n = 1 to 4."""
    curve = results(context).n_back("ipnet")
    if len(curve) < len(N_BACK):
        return Reproduction(None, "not in the stored runs")
    falls = all(a.above(b) for a, b in pairwise(curve.values()))
    return _answer(context, falls, f"PR {_curve(curve)}; 32 neurons per input")


def a18_lstm(context: ClaimContext) -> Reproduction:
    """Lowest PR of the LSTM over n, %."""
    curve = results(context).n_back("lstm")
    lowest = 100 * min(v.mean for v in curve.values()) if len(curve) == len(N_BACK) else None
    return _answer(context, lowest, f"PR {_curve(curve)}")


def a18_lif(context: ClaimContext) -> Reproduction:
    """Whether LIF neurons at the input layer leave the network without memory at every n."""
    lif, ablated = results(context).n_back("lif"), results(context).n_back("ablated")
    leaky = results(context).n_back("lif", leaky_hidden=True)
    fails = all(abs(value.mean) <= NO_MEMORY for value in lif.values()) if len(lif) == len(N_BACK) else None
    text = f"PR {_curve(lif)}; IPNet without plasticity {_curve(ablated)}; an item fires a LIF neuron and resets it"
    return _answer(context, fails, text + (f"; with LIF hidden neurons too {_curve(leaky)}" if leaky else ""))


def _losses(context: ClaimContext, *similarities: str, **options: Any) -> dict[tuple[str, str], Estimate] | None:
    """Loss relative to control by similarity and kind, with `options` of the model; None unless all are there."""
    wanted = [(s, kind) for s in similarities for kind in ("PI", "RI")]
    found = {key: results(context).interference(key[0], f"{key[1]}_relative", **options) for key in wanted}
    known = {key: value for key, value in found.items() if value is not None}
    return known if len(known) == len(wanted) else None


def _loss_text(losses: Mapping[tuple[str, str], Estimate]) -> str:
    return ", ".join(f"{s} similarity {kind} {v.text(100, 1)} %" for (s, kind), v in losses.items())


def _retroactive_costs_more(context: ClaimContext, similarity: str, **options: Any) -> Reproduction:
    losses = _losses(context, similarity, **options)
    if losses is None:
        return Reproduction(None, "not in the stored runs")
    return _answer(context, losses[similarity, "RI"].above(losses[similarity, "PI"]), _loss_text(losses))


def a19_similar_items(context: ClaimContext) -> Reproduction:
    """Whether retroactive interference costs more accuracy than proactive with overlapping items, N = 32."""
    return _retroactive_costs_more(context, "high")


def a19_similar_items_8(context: ClaimContext) -> Reproduction:
    """Whether retroactive interference costs more accuracy than proactive with overlapping items, N = 8."""
    return _retroactive_costs_more(context, "high", neurons=8)


def a19_one_hot_items(context: ClaimContext) -> Reproduction:
    """Whether retroactive interference costs more accuracy than proactive with one-hot items, N = 32."""
    return _retroactive_costs_more(context, "low")


def _similarity_costs(context: ClaimContext, **options: Any) -> Reproduction:
    losses = _losses(context, "low", "high", **options)
    if losses is None:
        return Reproduction(None, "not in the stored runs")
    more = all(losses["high", kind].above(losses["low", kind]) for kind in ("PI", "RI"))
    return _answer(context, more, _loss_text(losses))


def a19_similarity(context: ClaimContext) -> Reproduction:
    """Whether both kinds of interference cost more with similar items, N = 32."""
    return _similarity_costs(context)


def a19_similarity_8(context: ClaimContext) -> Reproduction:
    """Whether both kinds of interference cost more with similar items, N = 8."""
    return _similarity_costs(context, neurons=8)


def a19_recency(context: ClaimContext) -> Reproduction:
    """Whether, without delay, the last items are recalled better than the middle ones, and the first are not."""
    recency = results(context).recall("ipnet", "recency_delay0")
    primacy = results(context).recall("ipnet", "primacy_delay0")
    if recency is None or primacy is None:
        return Reproduction(None, "not in the stored runs")
    ends = (f"{v.text(100, 1, '+')} points" for v in (recency, primacy))
    text = "last 3 less middle 5 positions {}, first 3 less middle 5 {}".format(*ends)
    return _answer(context, recency.mean > RECENCY and primacy.mean < RECENCY, text)


def a19_delay(context: ClaimContext) -> Reproduction:
    """Whether the recency effect shrinks with the delay before recall."""
    found = [results(context).recall("ipnet", f"recency_delay{delay}") for delay in (0, 3, 10)]
    known = [value for value in found if value is not None]
    if len(known) < len(found):
        return Reproduction(None, "not in the stored runs")
    text = ", ".join(f"{v.text(100, 1, '+')} points after {d}" for v, d in zip(known, (0, 3, 10), strict=True))
    falls = all(a.above(b) for a, b in pairwise(known))
    return _answer(context, falls, f"recency {text} idle steps")


def _deficit(context: ClaimContext, *, cued: bool) -> Reproduction:
    value = results(context).interference("low", "RI_points", cued=cued)
    control = results(context).interference("low", "accuracy_control", cued=cued)
    if value is None or control is None:
        return _answer(context, None, "")
    text = f"{value.text(1, 1)} points; accuracy without interference {control.text(100, 1)} %"
    return _answer(context, value.mean, text)


def a19_uncued(context: ClaimContext) -> Reproduction:
    """Accuracy lost to retroactive interference without a cue, points."""
    return _deficit(context, cued=False)


def a19_cued(context: ClaimContext) -> Reproduction:
    """Accuracy lost to retroactive interference with a cue, points."""
    return _deficit(context, cued=True)


def a20_placement(context: ClaimContext) -> Reproduction:
    """Whether plastic neurons at the input do better than in the hidden layer, at every n that was run for both."""
    at_input = results(context).n_back("ipnet")
    hidden, both = (results(context).n_back("ipnet", placement=p) for p in ("hidden", "both"))
    shared = [n for n in N_BACK if n in at_input and n in hidden]
    if not shared:
        return Reproduction(None, "not in the stored runs")
    text = f"PR input {_curve({n: at_input[n] for n in shared})}; hidden {_curve(hidden)}; both {_curve(both)}"
    return _answer(context, all(at_input[n].above(hidden[n]) for n in shared), text)
