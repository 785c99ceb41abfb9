"""Claims A14 to A17: on DVS128 Gesture where it was trained with, and the mechanism on the sets that come with runs.

Training takes minutes to days and is no part of a report: all is of stored runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from network.experiments.runs import Cell, Estimate
from network.experiments.vision.cells import FRAME_WISE, IPNET, LSTM, NETWORKS, VIDEO
from reports.ledger.evaluate import Reproduction
from reports.section import Run
from reports.vision.results import GESTURE, KEPT, LABELS, VisionSet, set_named

ABLATED, LEAKY, RNN = "ablated18", "lif18", "resnet18_rnn"
CHANCE = 0.5  # of the two orders of a gesture
_MISSING = Reproduction(None, "not in the stored runs")


def gesture(run: Run) -> Mapping[str, Reproduction]:
    """A14 to A17 as published: accuracy in % by key: ``NETWORK``, ``NETWORK_both``, ``at_POSITION``, ``nN``."""
    chosen = set_named(run, GESTURE)
    if chosen is None:
        names = [*NETWORKS, *(f"{n}_both" for n in NETWORKS), "at_input", "at_stem", "at_output", "n1", "n32"]
        return dict.fromkeys(names, Reproduction(None))
    cells = {model: chosen.forwards(model) for model in NETWORKS}
    cells |= {f"{model}_both": chosen.both(model) for model in NETWORKS}
    cells |= {f"at_{position}": chosen.at(position) for position in ("input", "stem", "output")}
    cells |= {f"n{n}": chosen.part(IPNET, {"neurons": n}) for n in (1, 32)}
    return {key: _percent(chosen, cell) for key, cell in cells.items()}


def _percent(chosen: VisionSet, cell: Cell) -> Reproduction:
    value = chosen.accuracy(cell)
    if value is None:
        return Reproduction(None)
    return Reproduction(100 * value.mean, f"{value.text(100, 2)} %; {chosen.origin}")


def synthetic(run: Run) -> Mapping[str, Reproduction]:
    """The mechanism on synthetic scenes, see `mechanism`."""
    return mechanism(set_named(run, "synthetic"))


def nmnist(run: Run) -> Mapping[str, Reproduction]:
    """The mechanism on N-MNIST, see `mechanism`."""
    return mechanism(set_named(run, "nmnist"))


def mechanism(chosen: VisionSet | None) -> dict[str, Reproduction]:
    """Relations between networks on one set.

    Keys: ``best_forwards``, ``frame_wise`` (accuracy in both orders over forwards), ``polarity`` (the share of
    orders that it tells with the other convention of polarity), ``loss`` (IPNet18, points),
    ``best_both``, ``ablated`` (share of orders told),
    ``position``, ``output`` (share of orders told), ``ensemble``, ``single``.
    """
    if chosen is None:
        return dict.fromkeys(_MECHANISM, _MISSING)
    return {key: work(chosen) for key, work in _MECHANISM.items()}


def _said(chosen: VisionSet, text: str) -> str:
    return f"{text}; {chosen.origin}"


def _above(chosen: VisionSet, cell: Cell, others: Mapping[str, Cell]) -> Reproduction:
    """Whether a cell's accuracy exceeds that of all others."""
    mine, theirs = chosen.accuracy(cell), {name: chosen.accuracy(other) for name, other in others.items()}
    known = {name: value for name, value in theirs.items() if value is not None}
    if mine is None or len(known) < len(others):
        return _MISSING
    texts = ", ".join(f"{name} {value.text(100, 1)} %" for name, value in known.items())
    text = f"{mine.text(100, 1)} % against {texts}"
    return Reproduction(all(mine.above(value) for value in known.values()), _said(chosen, text))


def _best_forwards(chosen: VisionSet) -> Reproduction:
    others = {LABELS[m]: chosen.forwards(m) for m in (LEAKY, FRAME_WISE, LSTM, VIDEO) if m in chosen.preset.forwards}
    return _above(chosen, chosen.forwards(IPNET), others)


def _best_both(chosen: VisionSet) -> Reproduction:
    return _above(chosen, chosen.both(IPNET), {LABELS[m]: chosen.both(m) for m in (RNN, LSTM, VIDEO)})


def _frame_wise(chosen: VisionSet) -> Reproduction:
    both, forwards = chosen.both(FRAME_WISE), chosen.forwards(FRAME_WISE)
    ratio, ends = chosen.ratio(both, forwards), (chosen.accuracy(forwards), chosen.accuracy(both))
    if ratio is None or None in ends:
        return _MISSING
    texts = " to ".join(f"{value.text(100, 1)} %" for value in ends if value is not None)
    return Reproduction(ratio.mean, _said(chosen, f"ratio {ratio.text(1, 3)}, {texts}"))


def _order(chosen: VisionSet, cell: Cell, words: str) -> Reproduction:
    order = chosen.results.estimate(cell, "order")
    if order is None:
        return _MISSING
    return Reproduction(order.mean, _said(chosen, f"{words}: {order.text(100, 1)} %, chance {100 * CHANCE:.0f} %"))


def _loss(chosen: VisionSet) -> Reproduction:
    losses = {m: chosen.paired(chosen.forwards(m), chosen.both(m)) for m in (IPNET, LSTM)}
    mine, lstm = losses[IPNET], losses[LSTM]
    if mine is None:
        return _MISSING
    beside = f", ResNet18-LSTM {lstm.text(100, 1)}" if lstm else ""
    return Reproduction(100 * mine.mean, _said(chosen, f"{mine.text(100, 1)} points{beside}"))


def _position(chosen: VisionSet) -> Reproduction:
    others = {name: chosen.at(name) for name in chosen.preset.positions}
    return _above(chosen, chosen.at("input"), others)


def _ensemble(chosen: VisionSet) -> Reproduction:
    few, many = min(chosen.preset.neurons), max(chosen.preset.neurons)
    one = chosen.part(IPNET, {"neurons": few})
    answer = _above(chosen, chosen.part(IPNET, {"neurons": many}), {f"N = {few}": one})
    return answer if answer.value is None else Reproduction(answer.value, f"N = {many}: {answer.note}")


def _single(chosen: VisionSet) -> Reproduction:
    others = {LABELS[m]: chosen.part(m) for m in (LSTM, VIDEO)}
    return _above(chosen, chosen.part(IPNET, {"neurons": min(chosen.preset.neurons)}), others)


def _polarity(chosen: VisionSet) -> Reproduction:
    words = f"order told, polarity {KEPT[chosen.polarity(other=True)]} in this row"
    return _order(chosen, chosen.both(FRAME_WISE, other=True), words)


def told(chosen: VisionSet, model: str, *, other: bool = False) -> Estimate | None:
    """Share of the samples of which a network tells the order of time, given the gesture."""
    return chosen.results.estimate(chosen.both(model, other=other), "order")


_MECHANISM = {
    "best_forwards": _best_forwards,
    "frame_wise": _frame_wise,
    "polarity": _polarity,
    "loss": _loss,
    "best_both": _best_both,
    "ablated": lambda s: _order(s, s.both(ABLATED), "order told without plasticity"),
    "position": _position,
    "output": lambda s: _order(s, s.at("output"), "order told, memory before the output"),
    "ensemble": _ensemble,
    "single": _single,
}
