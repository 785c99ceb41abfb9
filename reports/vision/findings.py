"""Results of event vision in words, each sentence chosen by the numbers of the runs."""

from __future__ import annotations

from collections.abc import Sequence

from ipcircuit.units import si
from network.experiments.runs import Estimate
from network.experiments.vision.cells import FLIP, FRAME_WISE, IPNET, LSTM
from reports.ledger.record import published
from reports.prose import Prose
from reports.section import Finding, Run
from reports.vision.claims import ABLATED, CHANCE, told
from reports.vision.figures_sweeps import heat_left
from reports.vision.results import KEPT, VisionSet, vision_sets

PROSE = Prose(__file__)

HALF_WITHIN = 0.03  # of 0.5, for "half"
LOSS_WITHIN = 0.02  # accuracy
LATER_s = 1e-6  # about when the heat is gone
NOTHING = "No stored run"


def _where(holds: Sequence[tuple[VisionSet, bool]], yes: str, no: str) -> str:
    """A sentence with the sets on which it holds and those on which it does not."""
    names = {answer: " and ".join(s.title for s, held in holds if held is answer) for answer in (True, False)}
    if not names[False]:
        return f"{yes} on {names[True]}"
    return f"{no} on {names[False]}" if not names[True] else f"{yes} on {names[True]}, {no} on {names[False]}"


def frame_wise(run: Run) -> Finding:
    """Accuracy of the frame-wise network in both orders, relative to that forwards."""
    holds, texts = list[tuple[VisionSet, bool]](), list[str]()
    for chosen in vision_sets(run):
        ratio = chosen.ratio(chosen.both(FRAME_WISE), chosen.forwards(FRAME_WISE))
        order = told(chosen, FRAME_WISE)
        if ratio is not None and order is not None:
            holds.append((chosen, abs(ratio.mean - 0.5) <= HALF_WITHIN))
            texts.append(f"{chosen.title}: {ratio.text(1, 3)} of it, order told {order.text(100, 1)} %")
    where = _where(holds, "falls to half of its accuracy", "does not fall to half of it") if holds else "was not run"
    stated = published("A14.resnet18"), published("A15.resnet18")
    return PROSE.finding("frame_wise", where=where, text="; ".join(texts) or NOTHING, stated=stated)


def memory(run: Run) -> Finding:
    """Loss of IPNet18 from forwards to both orders, beside the LSTM's."""
    holds, texts = list[tuple[VisionSet, bool]](), list[str]()
    for chosen in vision_sets(run):
        loss, lstm = (chosen.paired(chosen.forwards(m), chosen.both(m)) for m in (IPNET, LSTM))
        mine, theirs = chosen.accuracy(chosen.both(IPNET)), chosen.accuracy(chosen.both(LSTM))
        if loss is None or lstm is None or mine is None or theirs is None:
            continue
        holds.append((chosen, loss.mean <= LOSS_WITHIN))
        texts.append(
            f"{chosen.title}: {loss.text(100, 1)} points to {100 * mine.mean:.1f} %, ResNet18-LSTM "
            f"{lstm.text(100, 1)} to {100 * theirs.mean:.1f} %, so that IPNet18 is {_beside(mine, theirs)}"
        )
    points = f"{100 * LOSS_WITHIN:.0f} points"
    where = _where(holds, f"loses less than {points}", "loses more") if holds else "was not run"
    return PROSE.finding("memory", where=where, text="; ".join(texts) or NOTHING)


def _beside(mine: Estimate, theirs: Estimate) -> str:
    return (
        "above it"
        if mine.above(theirs)
        else "below it"
        if theirs.above(mine)
        else "level with it, their intervals overlapping"
    )


def leak(run: Run) -> Finding:
    """Order of time told by single frames and without plasticity, beside IPNet18."""
    holds, texts = list[tuple[VisionSet, bool]](), list[str]()
    for chosen in vision_sets(run):
        order, ablated, own = (told(chosen, model) for model in (FRAME_WISE, ABLATED, IPNET))
        above = chosen.paired(chosen.both(IPNET), chosen.both(FRAME_WISE), "order")
        if order is None or above is None or own is None:
            continue
        flipped = told(chosen, FRAME_WISE, other=chosen.polarity() != FLIP)
        if flipped is not None:
            holds.append((chosen, flipped.mean > CHANCE + HALF_WITHIN))
        beside = f", IPNet18 without plasticity {ablated.text(100, 1)} %" if ablated else ""
        single = told(chosen, FRAME_WISE, other=True)
        text = f"{chosen.title}, polarity {KEPT[chosen.polarity()]}: single frames {order.text(100, 1)} %{beside}, "
        text += f"IPNet18 {own.text(100, 1)} %, which is {above.text(100, 1)} points above the leak"
        convention = KEPT[chosen.polarity(other=True)]
        texts.append(text + (f"; polarity {convention}: single frames {single.text(100, 1)} %" if single else ""))
    where = _where(holds, "tell the order of time", "do not tell the order") if holds else "were not tried"
    return PROSE.finding("leak", where=where, text="; ".join(texts) or NOTHING)


def position(run: Run) -> Finding:
    """Accuracy by position of the memory."""
    holds, texts = list[tuple[VisionSet, bool]](), list[str]()
    for chosen in vision_sets(run):
        values = {name: chosen.accuracy(chosen.at(name)) for name in ("input", *chosen.preset.positions)}
        known = {name: value for name, value in values.items() if value is not None}
        if "input" in known and len(known) > 1:
            best = max(known, key=lambda name: known[name].mean)
            holds.append((chosen, best == "input"))
            texts.append(f"{chosen.title}: " + ", ".join(f"{n} {v.text(100, 1)} %" for n, v in known.items()))
    where = _where(holds, "is best at the input", "is not best at the input") if holds else "was not moved"
    return PROSE.finding("position", where=where, text="; ".join(texts) or NOTHING)


def time_base(run: Run) -> Finding:
    """Burst replay against real time."""
    holds, texts, slowest = list[tuple[VisionSet, bool]](), list[str](), LATER_s
    for chosen in vision_sets(run):
        periods = chosen.preset.periods_s
        cells = [chosen.every(p) for p in (periods[0], periods[-1])]
        values, orders = ([chosen.results.estimate(cell, name) for cell in cells] for name in ("accuracy", "order"))
        single = told(chosen, FRAME_WISE)
        (burst, real), (_, order) = values, orders
        if burst is None or real is None or order is None or single is None:
            continue
        holds.append((chosen, order.mean <= single.mean + HALF_WITHIN))
        slowest = max(slowest, periods[-1])
        texts.append(
            f"{chosen.title}: {burst.text(100, 1)} % with a frame every {si(periods[0], 's')}, {real.text(100, 1)} % "
            f"every {si(periods[-1], 's')}, where the order is told in {order.text(100, 1)} % (single frames "
            f"{single.text(100, 1)} %)"
        )
    where = _where(holds, "is forgotten", "is not") if holds else "was not tried"
    left = " and ".join(f"{100 * heat_left(t):.2g} % after {si(t, 's')}" for t in sorted({LATER_s, slowest}))
    return PROSE.finding("time_base", where=where, text="; ".join(texts) or NOTHING, left=f"{left}.")
