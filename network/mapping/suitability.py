"""May this neuron stand there? A network with its own neurons, and with a circuit's and all that is against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from ipcircuit.errors import InputError
from ipcircuit.statistics import mean_interval, wilson_interval
from network.foreign.network import LoadedNetwork
from network.mapping.counterpart import Chip, LayerMapping
from network.mapping.drives import Drives, counted_drives
from network.mapping.swap import Circuits, Plan, plan
from network.mapping.tuning import Tuning, tune

CONFIDENCE = 0.95
BATCH = 256
WARM_C = 60.0  # assumed: inside a closed housing
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Share:
    """A share of samples, 0 … 1, with its interval of 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Outcome:
    """A network with one kind of neurons.

    Attributes:
        name: ``ideal``, ``circuit``, ``mismatch``, ``temperature``, ``fine-tuned`` or ``fine-tuned, mismatch``.
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
    accuracy: Share | None = None
    agreement: Share | None = None
    deviation: float | None = None
    rate: float | None = None
    chips: int = 1
    seeds: tuple[int, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Suitability:
    """Whether a circuit's neuron may stand in a network.

    Attributes:
        network: its name. circuits: by path of the layer.
        samples, steps: that it was judged with.
        step_s: length of a time step on the circuit.
        layers: mapping by path, with the features without counterpart.
        drives: by path; what the network's inputs ask for beyond that is in `gaps`.
        kept: path, class and reason of layers of neurons that stayed as they are.
        outcomes: from the ideal network to the fine-tuned one.
        tuning: of the fine-tuned ones; None where there was none.
    """

    network: str
    circuits: Mapping[str, str]
    samples: int
    steps: int
    step_s: float
    layers: Mapping[str, LayerMapping]
    drives: Mapping[str, Drives]
    kept: tuple[tuple[str, str, str], ...]
    outcomes: tuple[Outcome, ...]
    tuning: Tuning | None = None

    def outcome(self, name: str) -> Outcome | None:
        """The first outcome of a name."""
        return next((o for o in self.outcomes if o.name == name), None)

    def gaps(self, path: str) -> tuple[str, ...]:
        """What a layer's circuit does not have that its neurons, or their inputs, ask for."""
        mapping = self.layers[path]
        return (*mapping.missing, *self.drives[path].words(mapping))

    @property
    def verdict(self) -> str:
        """One line: what accuracy (or agreement) becomes with the circuit's neurons."""
        measure = "accuracy" if self.outcomes[0].accuracy is not None else "agreement"
        parts = []
        for outcome in self.outcomes:
            share: Share | None = getattr(outcome, measure)
            text = "not obtained" if share is None else f"{share.value:.1%}"
            if share is not None and outcome.chips > 1:
                text += f" ({share.low:.1%} … {share.high:.1%})"
            parts.append(f"{outcome.name} {text}")
        return f"{measure}: {', '.join(parts)}"

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        layers = {
            path: {**asdict(mapping), "missing": list(self.gaps(path)), "drives": asdict(self.drives[path])}
            for path, mapping in self.layers.items()
        }
        own = {"network": self.network, "circuits": dict(self.circuits), "samples": self.samples, "steps": self.steps}
        return {
            **own,
            "step_s": self.step_s,
            "verdict": self.verdict,
            "layers": layers,
            "kept": [{"layer": path, "class": kind, "reason": reason} for path, kind, reason in self.kept],
            "outcomes": [asdict(outcome) for outcome in self.outcomes],
            "tuning": None if self.tuning is None else asdict(self.tuning),
        }


@dataclass(frozen=True)
class Conditions:
    """What a network is judged under.

    Attributes:
        chips: with mismatch, of seeds 0, 1, …
        temperatures_C: ambient temperatures besides 27 °C.
        batch: samples that run together.
    """

    chips: int = 5
    temperatures_C: Sequence[float] = (WARM_C,)
    batch: int = BATCH

    def __post_init__(self) -> None:
        for name in ("chips", "batch"):
            if getattr(self, name) < 1:
                raise InputError("needs at least one", where=name, found=getattr(self, name))


@dataclass
class _Judge:
    """Runs variants of one network on the same samples."""

    network: LoadedNetwork
    plan: Plan
    inputs: torch.Tensor
    targets: torch.Tensor | None
    conditions: Conditions
    tuned: Mapping[str, torch.Tensor] | None = None
    ideal: torch.Tensor = field(default_factory=lambda: torch.empty(0))

    def run_ideal(self) -> tuple[Outcome, Mapping[str, Drives]]:
        with counted_drives(self.network.module, self.plan) as drives:
            self.ideal = self._answers(self.network)
        rate = sum(d.spikes for d in drives.values()) / max(sum(d.count for d in drives.values()), 1)
        return self._outcome("ideal", "the network's own neurons", [self.ideal], [rate], ()), drives

    def run(self, name: str, condition: str, chips: Sequence[Chip]) -> Outcome:
        try:
            results = [self._on(chip) for chip in chips]
        except InputError as error:
            return Outcome(name, condition, chips=len(chips), reason=str(error))
        seeds = tuple(chip.seed for chip in chips) if any(chip.mismatch or chip.agitated for chip in chips) else ()
        return self._outcome(name, condition, [scores for scores, _ in results], [rate for _, rate in results], seeds)

    def _on(self, chip: Chip) -> tuple[torch.Tensor, float]:
        other = self.plan.network(self.network, chip)
        if self.tuned is not None:
            other.module.load_state_dict(self.tuned)
        counted = _Spikes.of(other, self.plan)
        with counted:
            scores = self._answers(other)
        return scores, counted.rate

    @torch.no_grad()
    def _answers(self, network: LoadedNetwork) -> torch.Tensor:
        parts = self.inputs.split(self.conditions.batch, dim=1)
        return torch.cat([network.scores(network.run(part)).double().cpu() for part in parts])

    def _outcome(
        self, name: str, condition: str, scores: list[torch.Tensor], rates: list[float], seeds: tuple[int, ...]
    ) -> Outcome:
        answers = [each.argmax(-1) for each in scores]
        right = None
        if self.targets is not None:
            right = _share([int((answer == self.targets).sum()) for answer in answers], len(self.targets))
        same = _share([int((answer == self.ideal.argmax(-1)).sum()) for answer in answers], len(self.ideal))
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


def _share(counts: Sequence[int], samples: int) -> Share:
    """Mean share over chips. Its interval holds the chance of the samples, and that of the chips if there are several.

    The wider one of both counts: chips are judged by the same samples.
    """
    mean = sum(counts) / (len(counts) * samples)
    low, high = wilson_interval(round(mean * samples), samples, CONFIDENCE)
    if len(counts) > 1:
        _, below, above = mean_interval([count / samples for count in counts], CONFIDENCE)
        low, high = min(low, below or 0.0), max(high, above or 1.0)
    return Share(mean, max(low, 0.0), min(high, 1.0))


def may_stand(
    network: LoadedNetwork,
    circuits: Circuits,
    inputs: torch.Tensor,
    targets: torch.Tensor | None = None,
    *,
    training: tuple[torch.Tensor, torch.Tensor] | None = None,
    tuning: Tuning | None = None,
    conditions: Conditions | None = None,
    step_s: float | None = None,
    progress: Progress | None = None,
) -> Suitability:
    """Run a network with its own neurons and with a circuit's.

    Rows: ideal neurons; the circuit's as designed; several chips with the declared spreads and thermal agitation; at
    other ambient temperatures; fine-tuned as designed, and that network on the chips. The weights are those that the
    network has, except of the fine-tuned ones.

    Args:
        circuits: as `network.mapping.swap.plan` takes them.
        inputs: (time, samples, *features). targets: class indices (samples,); None: only agreement is judged.
        training: inputs and targets to fine-tune with, other samples than those judged; None: no fine-tuning.
        step_s: length of a time step on the circuit; default: as the slowest circuit needs.
        progress: called with (done, total) runs.

    Raises:
        InputError: as `plan`, inputs that the network does not take, or targets of another number.
    """
    judged, exchanged = conditions or Conditions(), plan(network, circuits, step_s)
    if targets is not None and len(targets) != inputs.shape[1]:
        raise InputError("another number of targets than of samples", found=len(targets), allowed=str(inputs.shape[1]))
    judge = _Judge(network, exchanged, inputs, None if targets is None else targets.cpu(), judged)
    ideal, drives = judge.run_ideal()
    outcomes, chips = [ideal], [Chip(mismatch=True, agitated=True, seed=seed) for seed in range(judged.chips)]
    several = f"{len(chips)} chip{'s' if len(chips) > 1 else ''}, 27 °C"
    plain = [("circuit", "as designed, 27 °C", [Chip()]), ("mismatch", several, chips)]
    plain += [("temperature", f"as designed, {t:g} °C", [Chip(t, agitated=True)]) for t in judged.temperatures_C]
    tuned = [("fine-tuned", "as designed, 27 °C", [Chip()]), ("fine-tuned, mismatch", several, chips)]
    for number, row in enumerate(plain):
        outcomes.append(judge.run(*row))
        _report(progress, number + 1, len(plain) + len(tuned))
    settings = None
    if training is not None:
        settings = tuning or Tuning()
        judge.tuned = _tuned(network, exchanged, training, settings)
    for number, row in enumerate(tuned):
        reason = "no training samples were given"
        outcomes.append(judge.run(*row) if training else Outcome(*row[:2], chips=len(row[2]), reason=reason))
        _report(progress, len(plain) + number + 1, len(plain) + len(tuned))
    return Suitability(
        network.name,
        {path: mapping.circuit for path, mapping in exchanged.layers.items()},
        inputs.shape[1],
        inputs.shape[0],
        exchanged.step_s,
        exchanged.layers,
        drives,
        exchanged.kept,
        tuple(outcomes),
        settings,
    )


def _tuned(
    network: LoadedNetwork, exchanged: Plan, training: tuple[torch.Tensor, torch.Tensor], settings: Tuning
) -> Mapping[str, torch.Tensor]:
    other = exchanged.network(network)
    tune(other, *training, settings)
    return other.module.state_dict()


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
