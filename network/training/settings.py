"""How a run is trained and what it was made of; plain data that a checkpoint and a result file hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ipcircuit.errors import InputError


@dataclass(frozen=True)
class Settings:
    """Training by Adam with a learning rate that warms up over a tenth of the steps and falls to 0 along a cosine.

    Attributes:
        steps: batches. batch: trials per batch. learning_rate: its highest value. clip: largest norm of the gradient.
        evaluate_every: steps between evaluations (each writes a checkpoint). trials: trials of an evaluation.
        patience: evaluations without a better headline score after which training stops; None never stops.
        quiet: share of the steps, from the first, that use expected firing in place of spikes: learning starts sooner
            where one item is weak against the noise. Evaluations are always with spikes.
        good_enough: headline score at which training stops; None never stops.
    """

    steps: int = 1000
    batch: int = 64
    learning_rate: float = 0.01
    clip: float = 1.0
    evaluate_every: int = 100
    trials: int = 500
    patience: int | None = None
    good_enough: float | None = None
    quiet: float = 0.0

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "evaluate_every", "trials"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError("must be a whole number of at least 1", where=name, found=value)
        if not (self.learning_rate > 0 and self.clip > 0):
            raise InputError("learning rate and clip must be positive", found=(self.learning_rate, self.clip))
        if not 0 <= self.quiet <= 1:
            raise InputError("share out of range", where="quiet", found=self.quiet, allowed="0 … 1")
        if self.patience is not None and self.patience < 1:
            raise InputError("must be at least 1, or None", where="patience", found=self.patience)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self)


@dataclass(frozen=True)
class Identity:
    """What a run is: a checkpoint is only taken up by the same.

    Attributes:
        task, model: registry names.
        seed: of everything random.
        task_options, model_options: what makes them again, JSON.
    """

    task: str
    model: str
    seed: int = 0
    task_options: Mapping[str, Any] = field(default_factory=dict)
    model_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Name of the run's folder: ``nback-n2-ipnet-seed0``; options other than numbers and words are left out."""
        parts = [self.task, *_short(self.task_options), self.model, *_short(self.model_options), f"seed{self.seed}"]
        return "-".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return {**asdict(self), "task_options": dict(self.task_options), "model_options": dict(self.model_options)}


def _short(options: Mapping[str, Any]) -> list[str]:
    found = []
    for key, value in options.items():
        text = "_".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        found.append(key if value is True else text if isinstance(value, str) else f"{key}{text}")
    return [part.replace("/", "_") for part in found]
