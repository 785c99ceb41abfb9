"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ipcircuit.errors import InputError
from network.neurons.stepping import reset, use_generator, use_samples
from network.tasks.task import Batch, Task
from network.threads import respect_thread_limit
from network.training.checkpoint import check_identity, load_checkpoint, load_weights, save_checkpoint
from network.training.settings import Identity, Settings

Progress = Callable[[int, int], None]
WARM_UP = 0.1  # share of the steps
EVALUATION_SEED = 1_000_003  # plus the run's: trials that training never sees, others for each run, so that an
# interval over seeds holds the chance of evaluation too
CHUNK = 250  # trials of an evaluation that are run together


@dataclass
class Training:
    """A run: what was learnt and how. `history` holds one row per evaluation: step, loss and the task's scores."""

    model: nn.Module
    step: int
    history: list[dict[str, float]] = field(default_factory=list)
    stale: int = 0
    seconds: float = 0.0

    @property
    def scores(self) -> dict[str, float]:
        """Scores of the last evaluation."""
        return {k: v for k, v in self.history[-1].items() if k not in ("step", "loss")} if self.history else {}


def train(
    task: Task,
    build: Callable[[], nn.Module],
    identity: Identity,
    settings: Settings,
    *,
    checkpoint: Path | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Training:
    """Train a model on a task by back-propagation through time.

    Args:
        task: makes the batches, the loss and the scores.
        build: makes the untrained model; called with torch's generator seeded by ``identity.seed``.
        checkpoint: file written after every evaluation. If it exists, the run goes on from it, and gives the same
            numbers as a run that was never interrupted.
        device: ``cpu`` or ``cuda``.
        progress: called with (done, total) steps.

    Raises:
        InputError: the checkpoint is of another run, model or version (it is left as it is), or training diverged.
    """
    respect_thread_limit()
    run = _Run(task, build, identity, settings, device)
    if checkpoint is not None and checkpoint.exists():
        run.take_up(load_checkpoint(checkpoint), str(checkpoint))
    started = time.perf_counter() - run.training.seconds
    while run.training.step < settings.steps and not run.finished():
        loss = run.step()
        if run.training.step % settings.evaluate_every == 0 or run.training.step == settings.steps:
            run.evaluate(loss)
            run.training.seconds = time.perf_counter() - started
            if checkpoint is not None:
                save_checkpoint(checkpoint, run.content())
        if progress is not None:
            progress(run.training.step, settings.steps)
    return run.training


class _Run:
    """A model in training with its optimiser and random numbers."""

    def __init__(
        self, task: Task, build: Callable[[], nn.Module], identity: Identity, settings: Settings, device: str
    ) -> None:
        self.task, self.identity, self.settings, self.device = task, identity, settings, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(identity.seed)
            model = build().to(device)
        self.trials = torch.Generator().manual_seed(identity.seed)
        self.spikes = torch.Generator(device=device).manual_seed(identity.seed + 1)
        use_generator(model, self.spikes)
        self.training = Training(model, 0)
        self.optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)

    def step(self) -> float:
        """One batch; returns its loss."""
        model, settings = self.training.model.train(), self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate * rate(self.training.step / settings.steps)
        batch = self.task.batch(settings.batch, self.trials).to(self.device)
        reset(model)
        use_samples(model, self.training.step >= settings.quiet * settings.steps)
        loss = self.task.loss(model(batch.inputs), batch)
        use_samples(model, True)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        self.optimizer.step()
        self.training.step += 1
        if not math.isfinite(value := loss.item()):
            raise InputError(
                "training diverged; a lower learning rate may help",
                where=self.identity.label,
                found=f"loss {value} at step {self.training.step}",
            )
        return value

    def evaluate(self, loss: float) -> None:
        """Append a row to the history, and count evaluations without progress."""
        seed = EVALUATION_SEED + self.identity.seed
        scores = evaluate(self.task, self.training.model, self.settings.trials, seed=seed, device=self.device)
        best = max((row[self.task.headline] for row in self.training.history), default=-math.inf)
        self.training.stale = 0 if scores[self.task.headline] > best else self.training.stale + 1
        self.training.history.append({"step": self.training.step, "loss": loss, **scores})
        use_generator(self.training.model, self.spikes)

    def finished(self) -> bool:
        """Whether early stopping ends the run."""
        history, settings = self.training.history, self.settings
        enough = (
            settings.good_enough is not None
            and bool(history)
            and (history[-1][self.task.headline] >= settings.good_enough)
        )
        return enough or (settings.patience is not None and self.training.stale >= settings.patience)

    def content(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        training = self.training
        return {
            "identity": self.identity.to_json(),
            "settings": self.settings.to_json(),
            "step": training.step,
            "model": training.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": {"trials": self.trials.get_state(), "spikes": self.spikes.get_state()},
            "history": training.history,
            "stale": training.stale,
            "seconds": training.seconds,
        }

    def take_up(self, found: dict[str, Any], where: str) -> None:
        """Go on from a checkpoint."""
        check_identity(found, self.identity, self.settings, where)
        load_weights(self.training.model, found, where)
        self.optimizer.load_state_dict(found["optimizer"])
        self.trials.set_state(found["random"]["trials"])
        self.spikes.set_state(found["random"]["spikes"])
        self.training.step, self.training.history = found["step"], list(found["history"])
        self.training.stale, self.training.seconds = found["stale"], found.get("seconds", 0.0)


def rate(progress: float) -> float:
    """Learning rate relative to its highest value, at `progress` 0 … 1 of the steps."""
    if progress < WARM_UP:
        return 0.1 + 0.9 * progress / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def evaluate(
    task: Task, model: nn.Module, trials: int, *, seed: int = EVALUATION_SEED, device: str = "cpu"
) -> dict[str, float]:
    """Scores of a model over fresh trials; the same seed gives the same numbers."""
    batch = task.batch(trials, torch.Generator().manual_seed(seed)).to(device)
    return task.scores(outputs(model, batch, seed=seed, device=device), batch)


def outputs(model: nn.Module, batch: Batch, *, seed: int = EVALUATION_SEED, device: str = "cpu") -> torch.Tensor:
    """Outputs (time, trials, outputs) of a model, without gradient."""
    use_generator(model, torch.Generator(device=device).manual_seed(seed))
    model.eval()
    found = []
    with torch.no_grad():
        for part in batch.inputs.split(CHUNK, 1):
            reset(model)
            found.append(model(part))
    reset(model)
    return torch.cat(found, 1)
