"""Settings and identity of a run: plain data in checkpoints and result files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from ipcircuit.bounds import MOST_BATCH, MOST_STEPS, MOST_TRIALS
from ipcircuit.records import NonNegative, Positive, PositiveCount, Seed, parse, record

_LONGEST_NAME = 1000
Precision = Literal["fp32", "bf16"]
FORMER_NAMES = {"quiet": "expected_share", "good_enough": "target_score"}  # in files written before 2026-12


@record
class Settings:
    """Training by Adam.

    Attributes:
        steps: batches. batch: samples per batch. learning_rate: its highest value.
        clip: largest norm of the gradient; None does not clip.
        evaluate_every: steps between evaluations (each writes a checkpoint), the last step is always one; None never
            evaluates. trials: samples of an evaluation.
        patience: evaluations without a better headline score after which training stops; None never stops.
        target_score: headline score at which training stops; None never stops.
        expected_share: share of the steps, from the first, that use expected firing in place of spikes: learning starts
            sooner where one item is weak against the noise. Evaluations are always with spikes.
        schedule: of the learning rate: ``warm-up`` over a tenth of the steps and a half cosine to 0, ``cosine`` (the
            same without the warm-up) or ``constant``.
        weight_decay: decoupled (AdamW); 0 is plain Adam.
        precision: of the products in training, ``fp32``, or ``bf16`` by torch's autocast; weights, volts, normalisation
            and loss are float32 in both, and so are evaluations.
        compiled: train through `torch.compile`. It changes no number by more than rounding, and is no part of a run.
    """

    steps: Annotated[int, Field(ge=1, le=MOST_STEPS)] = 1000
    batch: Annotated[int, Field(ge=1, le=MOST_BATCH)] = 64
    learning_rate: Positive = 0.01
    clip: Positive | None = 1.0
    evaluate_every: PositiveCount | None = 100
    trials: Annotated[int, Field(ge=1, le=MOST_TRIALS)] = 500
    patience: PositiveCount | None = None
    target_score: float | None = None
    expected_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    schedule: Literal["warm-up", "cosine", "constant"] = "warm-up"
    weight_decay: NonNegative = 0.0
    precision: Precision = "fp32"
    compiled: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self)

    def altered(self, **changes: Any) -> Settings:
        """With other values; None keeps what there is. Raises InputError."""
        return Settings(**{**self.to_json(), **{name: value for name, value in changes.items() if value is not None}})


def read_settings(data: Mapping[str, Any], where: str) -> Settings:
    """Settings of a file, which may have the names of former versions. Raises InputError, naming `where` and field."""
    return parse(Settings, {FORMER_NAMES.get(name, name): value for name, value in data.items()}, where)


@record
class Identity:
    """Identity of a run: only the same run goes on from its checkpoint.

    Attributes:
        task, model: registry names.
        seed: of everything random.
        task_options, model_options: what makes them again, JSON.
    """

    task: Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)]
    model: Annotated[str, Field(max_length=_LONGEST_NAME)]
    seed: Seed = 0
    task_options: Mapping[str, Any] = field(default_factory=dict)
    model_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Name of the run's folder: ``nback-n2-ipnet-seed0``; a table is the start of its digest."""
        task, model = Path(self.task).name, Path(self.model).name  # of a Python file: the run stays in its folder
        return "-".join([task, *_short(self.task_options), model, *_short(self.model_options), f"seed{self.seed}"])

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self)


def _short(options: Mapping[str, Any]) -> list[str]:
    parts = []
    for key, value in options.items():
        if isinstance(value, Mapping):  # a table has no short name of its own
            value = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]
            parts.append(f"{key}_{value}")
            continue
        text = "_".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        parts.append(key if value is True else text if isinstance(value, str) else f"{key}{text}")
    return [part.replace("/", "_") for part in parts]
