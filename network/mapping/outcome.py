"""Runs of one network with different neurons on the same samples, and what came out of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from ipcircuit.errors import InputError
from network.answers.score import Score, class_scores, score
from network.foreign.network import LoadedNetwork
from network.mapping.counterpart import Chip
from network.mapping.drives import Drives, counted_drives
from network.mapping.swap import Plan

IDEAL = "ideal"  # neurons: the network's own


@dataclass(frozen=True)
class Outcome:
    """A network with one kind of neurons.

    Attributes:
        name: ``ideal``, ``circuit``, ``mismatch``, ``temperature``, ``fine-tuned``, ``fine-tuned, mismatch``, or
            ``without`` a feature.
        condition: of the neurons, in words.
        accuracy: share of samples that are classified right; None without targets.
        agreement: share of samples with the answer of the ideal network.
        deviation: of the scores from the ideal ones, over these, root mean square.
        rate: spikes per neuron and step of the exchanged layers.
        chips: on how many chips it ran; several have the mean of all, and intervals between them.
        seeds: of the chips.
        reason: why it was not obtained; None where it was.
    """

    name: str
    condition: str
    accuracy: Score | None = None
    agreement: Score | None = None
    deviation: float | None = None
    rate: float | None = None
    chips: int = 1
    seeds: tuple[int, ...] = ()
    reason: str | None = None


@dataclass
class Judge:
    """Runs variants of one network on the same samples.

    Attributes:
        inputs: (time, samples, *features). targets: class indices (samples,), or None.
        batch: samples that run together.
        tuned: weights in the place of the network's own; None: those.
        ideal: scores of the ideal network, once it has run.
    """

    network: LoadedNetwork
    plan: Plan
    inputs: torch.Tensor
    targets: torch.Tensor | None
    batch: int
    tuned: Mapping[str, torch.Tensor] | None = None
    ideal: torch.Tensor = field(default_factory=lambda: torch.empty(0))

    def run_ideal(self) -> tuple[Outcome, Mapping[str, Drives]]:
        """The network's own neurons, and their inputs."""
        with counted_drives(self.network.module, self.plan) as drives:
            self.ideal = self._answers(self.network)
        rate = sum(d.spikes for d in drives.values()) / max(sum(d.count for d in drives.values()), 1)
        return self._outcome(IDEAL, "the network's own neurons", [self.ideal], [rate], ()), drives

    def run(self, name: str, condition: str, chips: Sequence[Chip]) -> Outcome:
        """The circuits' neurons on chips; where one cannot be, an outcome with the reason."""
        random = any(chip.mismatch or chip.agitated for chip in chips)
        seeds = tuple(chip.seed for chip in chips) if random else ()
        return self.run_made(name, condition, [partial(self.plan.network, self.network, chip) for chip in chips], seeds)

    def run_made(
        self, name: str, condition: str, made: Sequence[Callable[[], LoadedNetwork]], seeds: tuple[int, ...] = ()
    ) -> Outcome:
        """Networks with other neurons in the places of the plan, made one after the other."""
        try:
            results = [self._with(make()) for make in made]
        except InputError as error:
            return Outcome(name, condition, chips=len(made), reason=str(error))
        return self._outcome(name, condition, [scores for scores, _ in results], [rate for _, rate in results], seeds)

    def _with(self, other: LoadedNetwork) -> tuple[torch.Tensor, float]:
        if self.tuned is not None:
            other.module.load_state_dict(self.tuned)
        counted = _Spikes.of(other, self.plan)
        with counted:
            scores = self._answers(other)
        return scores, counted.rate

    def _answers(self, network: LoadedNetwork) -> torch.Tensor:
        return class_scores(network, self.inputs, self.batch)

    def _outcome(
        self, name: str, condition: str, scores: list[torch.Tensor], rates: list[float], seeds: tuple[int, ...]
    ) -> Outcome:
        answers = torch.stack([each.argmax(1) for each in scores])
        right = None if self.targets is None else score(answers == self.targets, "accuracy")
        same = score(answers == self.ideal.argmax(1), "agreement")
        size = float(self.ideal.square().mean())
        off = sum(float((each - self.ideal).square().mean()) for each in scores) / len(scores)
        deviation = (off / size) ** 0.5 if size else None
        rate = sum(rates) / len(rates)
        return Outcome(name, condition, right, same, deviation, rate, len(scores), seeds)


class _Spikes:
    """Spikes of the layers that stand in a network, per neuron and step, while it runs."""

    def __init__(self, layers: Sequence[torch.nn.Module]) -> None:
        self.layers, self.spikes, self.values = layers, 0.0, 0

    @staticmethod
    def of(network: LoadedNetwork, exchanged: Plan) -> _Spikes:
        return _Spikes([network.module.get_submodule(f"{path}.layer".lstrip(".")) for path in exchanged.layers])

    @property
    def rate(self) -> float:
        return self.spikes / max(self.values, 1)

    def __enter__(self) -> None:
        self._hooks = [layer.register_forward_hook(self._count) for layer in self.layers]

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _count(self, _: torch.nn.Module, __: Any, spikes: torch.Tensor) -> None:
        self.spikes += float(spikes.sum())
        self.values += spikes.numel()
