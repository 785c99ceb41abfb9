"""N-back and interference before any training: what an ideal observer could read from the heat that the device keeps.

The observer sees the spikes of the heat-sensitive junctions of one step, knows the device, the patterns and how trials
are drawn, and decides by likelihood. Nothing is fitted. A trained network can come near it, not beyond it, as far as it
decides from one step's spikes of the input layer (a hidden layer without memory does); what it loses more is its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from ipcircuit.compact.thermal_mtj.neuron import firing_probability
from network.models.ipnet import ITEM_AMPLITUDE, PulseEncoding
from network.models.memory import IPNET, device_of
from network.neurons.thermal_mtj.device import NeuronDevice
from network.neurons.thermal_mtj.firing import states
from network.tasks.memory import COLUMNS, CONDITIONS, ROWS, Interference, NBack, block_codes

PIXELS = 25  # inputs of a block: they see the same pulses, so a block is 25 · N draws


def predict_n_back(
    device: NeuronDevice,
    n: int,
    neurons: int,
    *,
    amplitude: float = ITEM_AMPLITUDE,
    trials: int = 2000,
    histories: int = 40_000,
    seed: int = 0,
    working: float = 1.0,
) -> float:
    """PR of the ideal observer at the last step of a sequence.

    Args:
        neurons: N, parallel neurons per input.
        amplitude: of an item's pulse, V.
        trials: sequences decided. histories: sequences that stand for all others in the likelihood.
        seed: of the draws.
        working: share of devices that fire at all.
    """
    task, generator = NBack(n), torch.Generator().manual_seed(seed)
    codes = block_codes(task.letters, torch.Generator().manual_seed(task.alphabet))
    letters, p = _last_step(task, device, codes, amplitude, trials, generator)
    known, reference = _last_step(task, device, codes, amplitude, histories, generator)
    draws = max(1, round(PIXELS * neurons * working))
    counts = torch.binomial(torch.full_like(p, draws), p, generator=generator)
    answers = torch.zeros(trials, dtype=torch.bool)
    for current in range(task.letters):
        on = codes[current] > 0
        rows = letters[:, -1] == current
        likelihoods = []
        for old in range(task.letters):
            like = (known[:, -1] == current) & (known[:, -1 - n] == old)
            likelihoods.append(_log_likelihood(counts[rows][:, on], reference[like][:, on], draws))
        others = torch.stack([value for old, value in enumerate(likelihoods) if old != current])
        answers[rows] = likelihoods[current] > others.logsumexp(0) - torch.tensor(float(len(others))).log()
    match = letters[:, -1] == letters[:, -1 - n]
    return float(answers[match].float().mean() - answers[~match].float().mean())


def predict_network(n: int, options: Mapping[str, Any] | None = None, **how: Any) -> float:
    """PR of the ideal observer for the options of an IPNet (see `network.models.memory.IPNET`).

    Devices that differ are predicted from what a block of them does on average: a spread of the midpoint flattens the
    curve (`flattened`), devices that are off are missing, and a spread of the heating averages out. `how`: as
    `predict_n_back` takes it.
    """
    chosen = {**IPNET.options, **(options or {})}
    device = device_of(chosen)
    device = device.with_slope(flattened(device.temporal.slope, chosen["midpoint_spread_V"]))
    return predict_n_back(device, n, chosen["neurons"], amplitude=chosen["item_V"], working=1 - chosen["off"], **how)


def flattened(slope: float, spread_V: float) -> float:
    """Slope (1/V) of the mean of sigmoids of `slope` whose midpoints are spread by `spread_V`, as a sigmoid.

    k / sqrt(1 + pi (k s)^2 / 8): D. J. C. MacKay, Neural Computation 4, 720 (1992).
    """
    return slope / math.sqrt(1 + math.pi * (slope * spread_V) ** 2 / 8)


def _last_step(
    task: NBack, device: NeuronDevice, codes: torch.Tensor, amplitude: float, size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Random letters (size, items) and the firing probabilities of the blocks in the last step (size, 9)."""
    letters = torch.randint(task.letters, (size, task.items), generator=generator)
    volts = codes[letters.T] * amplitude
    theta = states(device.temporal, volts, None)[0]
    return letters, firing_probability(device.temporal, theta[:, -1], volts[-1])


def _log_likelihood(counts: torch.Tensor, p: torch.Tensor, draws: int) -> torch.Tensor:
    """Log of the mean likelihood of counts (trials, blocks) over histories with probabilities (histories, blocks)."""
    terms = counts @ p.log().T + (draws - counts) @ torch.log1p(-p).T
    return terms.logsumexp(1) - torch.tensor(float(len(p))).log()


def predict_interference(
    device: NeuronDevice, task: Interference, neurons: int, *, trials: int = 9000, seed: int = 0
) -> dict[str, float]:
    """Scores of the ideal observer in the read-out step, by the names of `Interference.scores`.

    It gives every item its expected share of the answer, which is what a network trained on the same loss tends to.

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
