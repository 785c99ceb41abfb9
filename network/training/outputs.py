"""What a network answers to samples that training never sees, and its scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from network.neurons.stepping import reset, use_generator
from network.tasks.task import MOST_VALUES, Batch, Task
from network.threads import Progress

EVALUATION_SEED = 1_000_003  # plus the run's: trials that training never sees, others for each run, so that an
# interval over seeds holds the chance of evaluation too


def evaluate(task: Task, model: nn.Module, trials: int, *, seed: int = EVALUATION_SEED) -> dict[str, Any]:
    """Scores of a model over `trials` samples; the same seed gives the same numbers."""
    return task.scores(*respond(task, model, trials, seed))


def respond(
    task: Task, model: nn.Module, trials: int, seed: int, progress: Progress | None = None
) -> tuple[torch.Tensor, Batch]:
    """Outputs of a model over `trials` samples, its random numbers started anew, and the samples' targets.

    Args:
        progress: called with (samples done, samples).
    """
    use_generator(model, torch.Generator(device=place_of(model)).manual_seed(seed))
    return outputs(
        model, task.evaluation(trials, seed), None if progress is None else lambda done: progress(done, trials)
    )


@torch.no_grad()
def outputs(
    model: nn.Module, batches: Iterable[Batch], progress: Callable[[int], None] | None = None
) -> tuple[torch.Tensor, Batch]:
    """Outputs of a model for batches, joined, and their targets. The model stays in the mode that it was in.

    Batches of more than `MOST_VALUES` numbers are divided. `progress` is called with the samples done.
    """
    mode, results, targets = model.training, [], []
    samples_done = 0
    model.eval()
    for batch in batches:
        samples = max(1, MOST_VALUES // max(1, batch.inputs[:, :1].numel()))
        for part in batch.split(samples):
            reset(model)
            results.append(model(part.inputs.to(place_of(model))))
            targets.append(Batch(part.inputs[:, :0].clone(), part.targets, part.info).to(place_of(model)))
            samples_done += part.inputs.shape[1]
            if progress is not None:
                progress(samples_done)
    reset(model)
    model.train(mode)
    return torch.cat(results, -2), Batch.joined_targets(targets)


def place_of(model: nn.Module) -> torch.device:
    """Where a model's parameters are; the CPU if it has none."""
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
