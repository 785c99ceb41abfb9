"""Claims A18 to A20 (working memory), from stored runs; the note says which.

Training takes minutes to hours and is no part of a report. What was not run is not obtained.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from network.experiments.memory.memory import N_BACK, MemoryResults, interference_cell
from network.experiments.runs import Estimate
from reports.ledger.evaluate import Reproduction
from reports.memory.results import results
from reports.section import Run

NO_MEMORY = 0.05  # |PR| of a network without memory
RECENCY = 0.05  # least difference of recall that counts as an effect
DELAYS = (0, 3, 10)  # idle steps before recall
EARLY = 500  # batches of training
_MISSING = Reproduction(None, "not in the stored runs")


def _missing(*keys: str) -> dict[str, Reproduction]:
    return dict.fromkeys(keys, _MISSING)


def _curve(curve: Mapping[int, Estimate]) -> str:
    return ", ".join(f"n = {n}: {value.text()}" for n, value in curve.items())


def n_back(run: Run) -> Mapping[str, Reproduction]:
    """n-back: ``ipnet`` falls with n; lowest PR of the ``lstm``, %; ``lif`` fails; input ``placement`` is better."""
    stored = results(run)
    ipnet, lstm, lif = (stored.n_back(model) for model in ("ipnet", "lstm", "lif"))
    answers = _missing("ipnet", "lstm", "lif", "placement")
    if len(ipnet) == len(N_BACK):
        falls = all(a.above(b) for a, b in pairwise(ipnet.values()))
        answers["ipnet"] = Reproduction(falls, f"PR {_curve(ipnet)}; 32 neurons per input; {stored.origin}")
    if len(lstm) == len(N_BACK):
        lowest = 100 * min(value.mean for value in lstm.values())
        answers["lstm"] = Reproduction(lowest, f"PR {_curve(lstm)}; {stored.origin}")
    if len(lif) == len(N_BACK):
        ablated, leaky = stored.n_back("ablated"), stored.n_back("lif", leaky_hidden=True)
        text = f"PR {_curve(lif)}; IPNet without plasticity {_curve(ablated)}; an item fires a LIF neuron and resets it"
        text += f"; with LIF hidden neurons too {_curve(leaky)}" if leaky else ""
        fails = all(abs(value.mean) <= NO_MEMORY for value in lif.values())
        answers["lif"] = Reproduction(fails, f"{text}; {stored.origin}")
    hidden, both = (stored.n_back("ipnet", placement=layer) for layer in ("hidden", "both"))
    if shared := [n for n in N_BACK if n in ipnet and n in hidden]:
        text = f"PR input {_curve({n: ipnet[n] for n in shared})}; hidden {_curve(hidden)}; both {_curve(both)}"
        better = all(ipnet[n].above(hidden[n]) for n in shared)
        answers["placement"] = Reproduction(better, f"{text}; {stored.origin}")
    return answers


def interference(run: Run) -> Mapping[str, Reproduction]:
    """Interference: retroactive above proactive, more with similar items, both at N = 32 and 8; deficits in points.

    Keys: ``similar_items``, ``one_hot_items``, ``similarity`` (each also with ``_8``); ``uncued``, ``cued``.
    """
    stored = results(run)
    answers: dict[str, Reproduction] = {}
    for suffix, options in (("", {}), ("_8", {"neurons": 8})):
        answers[f"similar_items{suffix}"] = _retroactive_costs_more(stored, "high", options)
        answers[f"one_hot_items{suffix}"] = _retroactive_costs_more(stored, "low", options)
        answers[f"similarity{suffix}"] = _similarity_costs(stored, options)
    return {**answers, "uncued": _deficit(stored, cued=False), "cued": _deficit(stored, cued=True)}


def _losses(
    stored: MemoryResults, similarities: tuple[str, ...], options: Mapping[str, Any]
) -> dict[tuple[str, str], Estimate] | None:
    """Loss relative to control by similarity and kind, with `options` of the model; None unless all were run."""
    keys = [(similarity, kind) for similarity in similarities for kind in ("PI", "RI")]
    losses = {(s, kind): stored.interference(s, f"{kind}_relative", **options) for s, kind in keys}
    known = {key: value for key, value in losses.items() if value is not None}
    return known if len(known) == len(keys) else None


def _loss_text(losses: Mapping[tuple[str, str], Estimate]) -> str:
    return ", ".join(f"{s} similarity {kind} {v.text(100, 1)} %" for (s, kind), v in losses.items())


def _retroactive_costs_more(stored: MemoryResults, similarity: str, options: Mapping[str, Any]) -> Reproduction:
    losses = _losses(stored, (similarity,), options)
    if losses is None:
        return _MISSING
    more = losses[similarity, "RI"].above(losses[similarity, "PI"])
    early = "" if more else _early_losses(stored, similarity, options)
    return Reproduction(more, f"{_loss_text(losses)}{early}; {stored.origin}")


def _early_losses(stored: MemoryResults, similarity: str, options: Mapping[str, Any]) -> str:
    """What is lost early in training, where the runs were evaluated then."""
    cell = interference_cell(similarity, **options)
    courses = [stored.course(cell, f"{kind}_points") for kind in ("RI", "PI")]
    if not all(EARLY in course for course in courses):
        return ""
    retroactive, proactive = (f"{course[EARLY].mean:.0f}" for course in courses)
    return f"; after {EARLY} batches of training {retroactive} points retroactively, {proactive} proactively"


def _similarity_costs(stored: MemoryResults, options: Mapping[str, Any]) -> Reproduction:
    losses = _losses(stored, ("low", "high"), options)
    if losses is None:
        return _MISSING
    more = {kind: losses["high", kind].above(losses["low", kind]) for kind in ("PI", "RI")}
    words = (
        ""
        if all(more.values())
        else "; more with similar items: proactively {PI}, retroactively {RI}".format(
            **{kind: "yes" if holds else "no" for kind, holds in more.items()}
        )
    )
    return Reproduction(all(more.values()), f"{_loss_text(losses)}{words}; {stored.origin}")


def _deficit(stored: MemoryResults, *, cued: bool) -> Reproduction:
    """Accuracy lost to retroactive interference, points."""
    value = stored.interference("low", "RI_points", cued=cued)
    control = stored.interference("low", "accuracy_control", cued=cued)
    if value is None or control is None:
        return _MISSING
    text = f"{value.text(1, 1)} points; accuracy without interference {control.text(100, 1)} %"
    uncued = stored.interference("low", "RI_points") if cued else None
    beside = "" if uncued is None else f"; without the cue {uncued.mean:.0f} points"
    return Reproduction(value.mean, f"{text}{beside}; {stored.origin}")


def recall(run: Run) -> Mapping[str, Reproduction]:
    """Free recall: ``recency`` without primacy, and whether a ``delay`` erodes it."""
    stored, answers = results(run), _missing("recency", "delay")
    recency = [stored.recall("ipnet", f"recency_delay{delay}") for delay in DELAYS]
    known, primacy = [value for value in recency if value is not None], stored.recall("ipnet", "primacy_delay0")
    if recency[0] is not None and primacy is not None:
        last, first = (f"{value.text(100, 1, '+')} points" for value in (recency[0], primacy))
        answers["recency"] = Reproduction(
            recency[0].mean > RECENCY and primacy.mean < RECENCY,
            f"last 3 less middle 5 positions {last}, first 3 less middle 5 {first}; {stored.origin}",
        )
    if len(known) == len(DELAYS):
        text = ", ".join(f"{v.text(100, 1, '+')} points after {d}" for v, d in zip(known, DELAYS, strict=True))
        falls = all(a.above(b) for a, b in pairwise(known))
        answers["delay"] = Reproduction(falls, f"recency {text} idle steps; {stored.origin}")
    return answers
