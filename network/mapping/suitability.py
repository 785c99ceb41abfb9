"""May this neuron stand there? A network with its own neurons, and with a circuit's and all that is against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch

from ipcircuit.errors import InputError
from ipcircuit.units import in_unit
from network.answers.score import Score
from network.answers.tuning import Tuning, tune
from network.foreign.network import LoadedNetwork
from network.mapping.counterpart import Chip, LayerMapping
from network.mapping.drives import Drives
from network.mapping.lacking import lacking, without
from network.mapping.outcome import Judge, Outcome
from network.mapping.swap import Circuits, CircuitSettings, Plan, plan

BATCH = 256
WARM_C = 60.0  # assumed: inside a closed housing
Progress = Callable[[int, int], None]


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
        without: of the network's own neurons without a feature that the circuit lacks, one at a time: what each costs.
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
    without: tuple[Outcome, ...] = ()
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
            share: Score | None = getattr(outcome, measure)
            text = "not obtained" if share is None else in_unit(share.value, ".1f %")
            if share is not None and outcome.chips > 1:
                text += f" ({100 * share.low:.1f} to {in_unit(share.high, '.1f %')})"
            parts.append(f"{outcome.name} {text}")
        shares = [(getattr(o, measure), o.name) for o in self.without]
        known = [(share.value, name) for share, name in shares if share is not None]
        if known:
            value, name = min(known)
            parts.append(f"own neurons {name} {in_unit(value, '.1f %')}")
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
            "without": [asdict(outcome) for outcome in self.without],
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
    settings: CircuitSettings | None = None,
    progress: Progress | None = None,
) -> Suitability:
    """Run a network with its own neurons and with a circuit's.

    Rows: ideal neurons; the circuit's as designed; several chips with the declared spreads and thermal agitation; at
    other ambient temperatures; fine-tuned as designed, and that network on the chips. The weights are those that the
    network has, except of the fine-tuned ones. Besides, its own neurons without each feature that the circuit lacks.

    Args:
        circuits: as `network.mapping.swap.plan` takes them.
        inputs: (time, samples, *features). targets: class indices (samples,); None: only agreement is judged.
        training: inputs and targets to fine-tune with, other samples than those judged; None: no fine-tuning.
        step_s: length of a time step on the circuit; default: as the slowest circuit needs.
        settings: of circuits, by name, where they are not as designed.
        progress: called with (done, total) runs.

    Raises:
        InputError: as `plan`, inputs that the network does not take, or targets of another number.
    """
    judged, exchanged = conditions or Conditions(), plan(network, circuits, step_s, settings)
    if targets is not None and len(targets) != inputs.shape[1]:
        raise InputError("another number of targets than of samples", found=len(targets), allowed=str(inputs.shape[1]))
    judge = Judge(network, exchanged, inputs, None if targets is None else targets.cpu(), judged.batch)
    ideal, drives = judge.run_ideal()
    outcomes, chips = [ideal], [Chip(mismatch=True, agitated=True, seed=seed) for seed in range(judged.chips)]
    several = f"{len(chips)} chip{'s' if len(chips) > 1 else ''}, 27 °C"
    plain = [("circuit", "as designed, 27 °C", [Chip()]), ("mismatch", several, chips)]
    plain += [("temperature", f"as designed, {t:g} °C", [Chip(t, agitated=True)]) for t in judged.temperatures_C]
    tuned = [("fine-tuned", "as designed, 27 °C", [Chip()]), ("fine-tuned, mismatch", several, chips)]
    for number, row in enumerate(plain):
        outcomes.append(judge.run(*row))
        _report(progress, number + 1, len(plain) + len(tuned))
    ablated = [
        judge.run_made(f"without {feature}", "own neurons", [partial(without, feature, network, exchanged)])
        for feature in lacking(exchanged)
    ]
    trained = None
    if training is not None:
        trained = tuning or Tuning()
        judge.tuned = _tuned(network, exchanged, training, trained)
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
        tuple(ablated),
        trained,
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
