"""The ideal observer of the interference task against what can be worked out by hand."""

import numpy as np
import pytest
import torch
from scipy.stats import binom

from ipcircuit.compact.thermal_mtj.neuron import firing_probability
from network.experiments.memory.prediction import predict_interference
from network.models.ipnet import ITEM_AMPLITUDE, READ_AMPLITUDE
from network.neurons.thermal_mtj.device import load_device
from network.neurons.thermal_mtj.firing import states
from network.tasks.memory import CELL, Interference

TRIALS = 6000
ERROR = 0.056  # five standard deviations of a share of 2000 trials


@pytest.fixture(scope="module")
def device():
    return load_device("liu2025")


def probability(device, *volts: float) -> float:
    given = torch.tensor(volts).reshape(-1, 1, 1)
    theta = states(device.temporal, given, None)[0]
    return float(firing_probability(device.temporal, theta[:, -1], given[-1]))


def most_often(heated: float, cool: float, draws: int, others: int) -> float:
    """Probability that one cell fires more often than `others` cells that were not heated; ties are broken by lot."""
    counts = np.arange(draws + 1)
    to, below, equal = (f(counts - less, draws, cool) for f, less in ((binom.cdf, 0), (binom.cdf, 1), (binom.pmf, 0)))
    wins = (to ** (others + 1) - below ** (others + 1)) / ((others + 1) * equal)
    return float(binom.pmf(counts, draws, heated) @ wins)


@pytest.mark.parametrize(("cued", "others"), [(False, 49), (True, 9)])
def test_one_hot_items_are_a_matter_of_order_statistics(device, cued, others):
    neurons = 8
    heated = probability(device, 0, ITEM_AMPLITUDE, 0, READ_AMPLITUDE)
    cool = probability(device, 0, 0, 0, READ_AMPLITUDE)
    expected = most_often(heated, cool, CELL * neurons, others)
    found = predict_interference(device, Interference(cued=cued), neurons, trials=TRIALS)
    assert found["accuracy_control"] == pytest.approx(expected, abs=ERROR)
    for condition in ("proactive", "retroactive"):  # an item's heat is its own: a distractor takes nothing away
        assert found[f"accuracy_{condition}"] == pytest.approx(expected, abs=ERROR)


def test_overlapping_items_interfere_where_noise_limits_and_the_later_one_more(device):
    few, many = (predict_interference(device, Interference("high"), n, trials=TRIALS) for n in (1, 32))
    assert few["RI_points"] > few["PI_points"] + 100 * ERROR
    assert many["accuracy"] > 0.99


def test_without_heat_the_observer_guesses(device):
    cold = predict_interference(device.without_plasticity(), Interference(), 32, trials=TRIALS)
    assert cold["accuracy_control"] == pytest.approx(1 / 50, abs=ERROR)
