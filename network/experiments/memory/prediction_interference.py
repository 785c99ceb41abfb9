"""Interference before any training: what an ideal observer could still name from the heat that the device keeps.

The observer sees the spikes of the heat-sensitive junctions in the read-out step, knows the device, the patterns and
how trials are drawn, and gives every item its expected share of the answer, which is what a network trained on the
same loss tends to. Nothing is fitted. Its losses are those of the device and the task; what a trained network loses
beyond them is its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from ipcircuit.compact.thermal_mtj.neuron import firing_probability
from network.models.encoding import PulseEncoding
from network.neurons.thermal_mtj.device import NeuronDevice
from network.neurons.thermal_mtj.firing import states
from network.tasks.interference import COLUMNS, CONDITIONS, ROWS, Interference


def predict_interference(
    device: NeuronDevice, task: Interference, neurons: int, *, trials: int = 9000, seed: int = 0
) -> dict[str, float]:
    """Scores of the ideal observer, by the names of `Interference.scores`.

    Args:
        neurons: N, parallel neurons per input.
        trials: decided, over all conditions. seed: of the draws.
    """
    generator = torch.Generator().manual_seed(seed)
    outputs, chosen_trials = [], []
    for hypotheses, prior in _hypotheses(task):
        p, inputs = _read_out(device, task, hypotheses)
        draws = inputs * neurons
        chosen = torch.multinomial(prior.exp(), round(trials * len(p) / _number(task)), True, generator=generator)
        counts = torch.binomial(draws.expand(len(chosen), -1), p[chosen], generator=generator)
        likelihood = counts @ p.log().T + (draws - counts) @ torch.log1p(-p).T
        shares = task.trials(*hypotheses.unbind(1)).targets
        outputs.append(((likelihood + prior).softmax(1) @ shares).log())
        chosen_trials.append(hypotheses[chosen])
    return task.scores(torch.cat(outputs)[None], task.trials(*torch.cat(chosen_trials).unbind(1)))


def _number(task: Interference) -> int:
    items = task.outputs
    return items + (len(CONDITIONS) - 1) * items * (items - 1)


def _hypotheses(task: Interference) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """All possible trials, rows of (condition, target, distractor), and the log of its probability.

    A cue tells the target's row of the grid: then one group per row, else one of all.
    """
    items = torch.arange(task.outputs)
    target, distractor = (grid.flatten() for grid in torch.meshgrid(items, items, indexing="ij"))
    pairs = torch.stack((target, distractor), 1)[target != distractor]
    alone = torch.stack((items, items), 1)  # a control's distractor is not shown
    parts = [torch.cat((torch.full((len(p), 1), c), p), 1) for c, p in enumerate((alone, pairs, pairs))]
    every = torch.cat(parts)
    prior = torch.cat([torch.full((len(p),), -math.log(len(p))) for p in parts])
    for row in range(ROWS) if task.cued else (None,):
        known = torch.ones(len(every), dtype=torch.bool) if row is None else every[:, 1] // COLUMNS == row
        yield every[known], prior[known].log_softmax(0)


def _read_out(device: NeuronDevice, task: Interference, hypotheses: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Firing probabilities (hypotheses, groups) in the read-out step, and how many inputs each group has.

    A group are inputs that belong to the same items: they see the same pulses. Groups that are not read are left out.
    """
    _, group = torch.unique(task.images, dim=1, return_inverse=True)
    first = torch.stack([(group == g).nonzero()[0, 0] for g in range(int(group.max()) + 1)])
    volts = PulseEncoding()(task.trials(*hypotheses.unbind(1)).inputs[:, :, first])
    read = volts[-1, 0] > 0  # the same for all hypotheses
    theta = states(device.temporal, volts[:, :, read], None)[0]
    return firing_probability(device.temporal, theta[:, -1], volts[-1][:, read]), group.bincount()[read].float()
