"""The training loop: one for every task and model."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LRScheduler

from ipcircuit.errors import InputError, MissingDependencyError
from network.neurons.stepping import SteppedLayer, reset, use_generator, use_samples
from network.tasks.task import Task
from network.threads import Progress, respect_thread_limit
from network.training.checkpoint import Checkpoint, check_optimizer, load_checkpoint, load_weights, save_checkpoint
from network.training.memory import shortage_explained
from network.training.outputs import EVALUATION_SEED, evaluate
from network.training.settings import Identity, Settings

WARM_UP = 0.1  # share of the steps


@dataclass
class Training:
    """A run: the model, how far it came and how it did.

    Attributes:
        history: a row per evaluation: step, loss and the task's scores.
        losses: of every step of this call.
        evaluations_without_gain: since the best headline score.
        seconds: of training, earlier calls included.
    """

    model: nn.Module
    step: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    evaluations_without_gain: int = 0
    seconds: float = 0.0

    @property
    def scores(self) -> dict[str, Any]:
        """Scores of the last evaluation."""
        return {k: v for k, v in self.history[-1].items() if k not in ("step", "loss")} if self.history else {}


def initialised(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """A new model whose weights are drawn with this seed; torch's own random numbers stay as they are."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def train(
    task: Task,
    model: nn.Module,
    identity: Identity,
    settings: Settings,
    *,
    checkpoint: Path | None = None,
    device: str = "cpu",
    trials: torch.Generator | None = None,
    seed_layers: bool = True,
    progress: Progress | None = None,
) -> Training:
    """Train a model in place by back-propagation through time.

    Args:
        task: makes the batches, the loss and the scores.
        checkpoint: file written after every evaluation. If it exists, the run goes on from it, and gives the same
            numbers as a run that was never interrupted.
        device: ``cpu`` or ``cuda``.
        trials: random numbers of the batches; default: seeded by the identity.
        seed_layers: give the sampling layers random numbers seeded by the identity; else they keep their own.
        progress: called with (done, total) steps.

    Raises:
        InputError: the checkpoint is of another run, model or version (it is left as it is), training diverged, or
            memory does not suffice.
        MissingDependencyError: no CUDA device, or `torch.compile` does not work here.
    """
    respect_thread_limit()
    check_device(device)
    run = _Run(task, model.to(device), identity, settings, device, trials, seed_layers)
    if checkpoint is not None and checkpoint.exists():
        run.restore(load_checkpoint(checkpoint, device=device), str(checkpoint))
    started = time.perf_counter() - run.training.seconds
    explained = shortage_explained(task, identity, settings.batch, run.kept)
    with explained, _compiled(model, settings.compiled, device) as run.forward:
        while run.training.step < settings.steps and not run.finished():
            evaluated = run.advance()
            if evaluated:
                run.training.seconds = time.perf_counter() - started
            if evaluated and checkpoint is not None:
                save_checkpoint(checkpoint, run.checkpoint())
                run.saved = run.training.step
            if progress is not None:
                progress(run.training.step, settings.steps)
    run.training.seconds = time.perf_counter() - started
    return run.training


def check_device(device: str) -> None:
    """Raise MissingDependencyError if there is no such device to train on."""
    if device == "cuda" and not torch.cuda.is_available():
        raise MissingDependencyError("no CUDA device here, or a torch without CUDA: train with --compute cpu")


@contextmanager
def _compiled(model: nn.Module, wanted: bool, device: str) -> Iterator[Callable[[torch.Tensor], torch.Tensor]]:
    """The model's forward pass, compiled if so wished; layers with a state run as they are, between the compiled parts.

    Raises MissingDependencyError, before anything else is done, where nothing can be compiled.
    """
    if not wanted:
        yield model
        return
    try:
        torch.compile(lambda x: 2 * x + 1)(torch.zeros(2, device=device))
    except Exception as error:  # of the compiler, its linker, or torch's own
        problem = f"--compile: torch.compile does not work here ({type(error).__name__}); it needs a C++ compiler"
        raise MissingDependencyError(f"{problem}, and Triton on a GPU: train without --compile") from error
    layers = [module for module in model.modules() if isinstance(module, SteppedLayer)]
    try:
        for layer in layers:
            layer.forward = torch.compiler.disable(layer.forward)
        # torch 2.13: sizes left open fail, and convolutions with channels last in memory corrupt the heap on some CPUs
        yield torch.compile(model, dynamic=False, options={"layout_optimization": False})
    except Exception as error:
        if not type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
            raise
        problem = f"--compile: torch.compile fails on this network ({type(error).__name__}): train without --compile"
        raise InputError(problem) from error
    finally:
        for layer in layers:
            vars(layer).pop("forward", None)


class _Run:
    """A model in training with its optimiser and random numbers."""

    def __init__(
        self,
        task: Task,
        model: nn.Module,
        identity: Identity,
        settings: Settings,
        device: str,
        trials: torch.Generator | None,
        seed_layers: bool,
    ) -> None:
        self.task, self.identity, self.settings, self.device = task, identity, settings, device
        self.batches = task.batches(settings.batch, trials or torch.Generator().manual_seed(identity.seed))
        self.spikes = torch.Generator(device=device).manual_seed(identity.seed + 1)
        self.seed_layers = seed_layers
        self.training = Training(model)
        self.forward: Callable[[torch.Tensor], torch.Tensor] = model
        self.saved: int | None = None
        self._give_spikes()
        kind = torch.optim.AdamW if settings.weight_decay else torch.optim.Adam
        self.optimizer = kind(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
        self.schedule = learning_rates(self.optimizer, settings)

    def _give_spikes(self) -> None:
        if self.seed_layers:
            use_generator(self.training.model, self.spikes)

    def advance(self) -> bool:
        """Train on one batch, and evaluate after it where the settings say so; whether it was evaluated."""
        self.step()
        every, step = self.settings.evaluate_every, self.training.step
        if every is None or (step % every and step != self.settings.steps):
            return False
        self.evaluate()
        return True

    def kept(self) -> str:
        """For a message: how far the run came, and where it would go on."""
        saved = "" if self.saved is None else f" (the checkpoint of step {self.saved} is kept)"
        return f" after step {self.training.step}{saved}"

    def step(self) -> None:
        """Train on one batch."""
        model, settings, training = self.training.model.train(), self.settings, self.training
        batch = next(self.batches).to(self.device)
        reset(model)
        use_samples(model, training.step >= settings.expected_share * settings.steps)
        with torch.autocast(self.device, torch.bfloat16, enabled=settings.precision == "bf16"):
            outputs = self.forward(batch.inputs)
        loss = self.task.loss(outputs.to(torch.promote_types(outputs.dtype, torch.float32)), batch)
        use_samples(model, True)
        self.optimizer.zero_grad()
        loss.backward()
        if settings.clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        self.optimizer.step()
        self.schedule.step()
        training.step += 1
        training.losses.append(loss.item())
        if not math.isfinite(training.losses[-1]):
            raise InputError(
                "the loss is no number: training diverged; a lower learning rate may help",
                where=self.identity.label,
                found=f"loss {training.losses[-1]} at step {training.step}",
            )

    def evaluate(self) -> None:
        """Append a row to the history, and count evaluations without a better score."""
        training, headline = self.training, self.task.headline
        seed = EVALUATION_SEED + self.identity.seed
        scores = evaluate(self.task, training.model, self.settings.trials, seed=seed)
        best = max((row[headline] for row in training.history), default=-math.inf)
        training.evaluations_without_gain = 0 if scores[headline] > best else training.evaluations_without_gain + 1
        training.history.append({"step": training.step, "loss": training.losses[-1], **scores})
        self._give_spikes()

    def finished(self) -> bool:
        """Whether early stopping ends the run."""
        history, settings = self.training.history, self.settings
        target = settings.target_score
        reached = target is not None and bool(history) and history[-1][self.task.headline] >= target
        return reached or (
            settings.patience is not None and self.training.evaluations_without_gain >= settings.patience
        )

    def checkpoint(self) -> Checkpoint:
        """Everything that the run needs to go on."""
        training = self.training
        return Checkpoint(
            self.identity,
            self.settings,
            training.step,
            training.model.state_dict(),
            self.optimizer.state_dict(),
            {**self.batches.state(), "spikes": self.spikes.get_state()},
            training.history,
            training.evaluations_without_gain,
            training.seconds,
        )

    def restore(self, saved: Checkpoint, where: str) -> None:
        """Go on from a checkpoint."""
        saved.check(self.identity, self.settings, where)
        load_weights(self.training.model, saved, where)
        check_optimizer(self.optimizer, saved.optimizer, f"{where}: optimizer")
        headline = self.task.headline
        if any(not isinstance(row.get(headline), int | float) for row in saved.history):
            raise InputError(f"a row without {headline}", where=f"{where}: history")
        first_rates = [group["initial_lr"] for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(saved.optimizer)
        self.schedule.last_epoch = saved.step
        for group, first in zip(self.optimizer.param_groups, first_rates, strict=True):
            # Checkpoints written before 2026-12 lack the first rate, and hold that of the last step, not of the next.
            group["initial_lr"] = first
            if isinstance(self.schedule, LambdaLR):
                group["lr"] = first * self.schedule.lr_lambdas[0](saved.step)
        try:
            self.batches.restore({name: state.cpu() for name, state in saved.random.items()})
            self.spikes.set_state(saved.random["spikes"].cpu())
        except (KeyError, RuntimeError, TypeError) as error:
            raise InputError(f"no state of random numbers ({error})", where=f"{where}: random") from error
        self.saved = saved.step
        self.training = Training(
            self.training.model,
            saved.step,
            list(saved.history),
            evaluations_without_gain=saved.evaluations_without_gain,
            seconds=saved.seconds,
        )


def learning_rates(optimizer: torch.optim.Optimizer, settings: Settings) -> LRScheduler:
    """The schedule of the settings; to be stepped after every batch."""
    if settings.schedule == "cosine":
        return CosineAnnealingLR(optimizer, settings.steps)
    shape = warm_up if settings.schedule == "warm-up" else lambda _: 1.0
    return LambdaLR(optimizer, lambda step: shape(step / settings.steps))


def warm_up(progress: float) -> float:
    """Learning rate relative to its highest value, at `progress` 0 … 1 of the steps: up for a tenth, then a cosine."""
    if progress < WARM_UP:
        return 0.1 + 0.9 * progress / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))
