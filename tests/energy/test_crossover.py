"""Sparsity of equal cost against closed forms worked out by hand, and against the source's own figures."""

import json
import math
import re

import pytest

from energy.crossover import (
    PUBLISHED_RATE,
    SynapsePrices,
    chip_synapse,
    crossover,
    crossovers,
    published_synapse,
)
from energy.inference import Work, activation_bits, chip_prices, inference_energy
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError


def test_bits_of_a_count_of_spikes() -> None:
    assert [activation_bits(t) for t in (1, 2, 3, 4, 7, 8, 15, 16)] == [1, 2, 2, 3, 3, 4, 4, 5]
    for bad in (0, -1, 2.0, 10**9):
        with pytest.raises(InputError, match="time steps"):
            activation_bits(bad)  # pyright: ignore[reportArgumentType]


def test_energy_of_one_of_each_by_hand() -> None:
    """In pJ at 45 nm: 0.03 an addition; 0.2 · 3/8 + 0.03 a product of 3 bits; 20/64 an SRAM bit, of which a weight has
    8 and a membrane 16; an update 0.23 + 0.03."""
    prices = chip_prices("int8", 3)
    pJ = {name: value * 1e12 for name, value in prices.breakdown(Work(10, 100, 1000, 20, 1, 64)).items()}
    assert pJ == pytest.approx({"operations": 0.3 + 10.5 + 0.26, "weights": 2500, "states": 100, "activations": 20})
    estimate = inference_energy(Work(weight_reads=8), prices)
    assert estimate.energy_45nm_J == pytest.approx(20e-12)
    assert estimate.energy_28nm_J == pytest.approx(20e-12 * 28 / 45)
    assert sum(estimate.parts_28nm_J.values()) == pytest.approx(estimate.energy_28nm_J)
    floats = chip_prices("fp32")
    assert (floats.accumulate_J, floats.multiply_J) == pytest.approx((0.9e-12, 4.6e-12))
    for precision, bits in (("fp16", 8), ("int8", 0), ("int8", 33)):
        with pytest.raises(InputError, match=r"precision|activation bits"):
            chip_prices(precision, bits)
    with pytest.raises(InputError, match="accumulations"):
        Work(accumulations=-1.0)


def test_closed_form_with_round_numbers() -> None:
    """T = 4, b = 3: E_Q = 0.5 · (1 + 3 · 2) + 0.5 · 10 + 3 · 0.1 = 8.8; E_S = 4 · s · (1 + 10 + 4) + 4 · 0.2, so
    s* = 8 / 60. With weights read for zeros too, E_Q = 13.8 and s* = 13 / 60."""
    prices = SynapsePrices("p", 1.0, 10.0, 4.0, 0.2, 1.0, 2.0, 0.1, True, 0.5)
    one = crossover(prices, 4)
    assert one.spike_rate == pytest.approx(8 / 60)
    assert one.sparsity == pytest.approx(1 - 8 / 60)
    assert one.spikes_per_active == pytest.approx(4 * 8 / 60 / 0.5)
    assert prices.spiking_J(4, 8 / 60) == pytest.approx(prices.quantised_J(4))
    dense = SynapsePrices("p", 1.0, 10.0, 4.0, 0.2, 1.0, 2.0, 0.1, False, 0.5)
    assert crossover(dense, 4).spike_rate == pytest.approx(13 / 60)
    costly = SynapsePrices("p", 1.0, 10.0, 4.0, 5.0, 1.0, 2.0, 0.1)
    assert crossover(costly, 4).spike_rate is None  # its steps alone cost more


def test_this_chip_in_the_limit_of_wide_layers() -> None:
    """Without states and moves: s* = (0.2 · b/8 + 0.03 + 2.5) / (T · (0.03 + 2.5)); for T = 5 it is 0.2059. Narrow
    layers favour the quantised network: with n = m = 16 a step takes (10.26 + 0.625) / 16 pJ per synapse."""
    for t in (4, 5, 8, 10):
        wide = crossover(chip_synapse(10**9, 10**9), t).spike_rate
        assert wide == pytest.approx((0.2 * activation_bits(t) / 8 + 2.53) / (t * 2.53), rel=1e-6)
    assert crossover(chip_synapse(10**9, 10**9), 5).spike_rate == pytest.approx(0.2059, abs=1e-4)
    assert 2.605 + 3 * 0.625 / 16 < 5 * 10.885 / 16  # the steps alone cost more than the quantised network
    assert crossover(chip_synapse(16, 16), 5).spike_rate is None
    half = crossover(chip_synapse(10**9, 10**9, active=0.5), 5)
    assert half.spike_rate == pytest.approx(0.2059 / 2, abs=1e-4)
    assert half.spikes_per_active == pytest.approx(1.03, abs=1e-3)  # one spike for each active input, hardly more


def test_the_sources_constants_give_its_figures() -> None:
    """Two constants are fitted to 10.4 % and 12.3 % at T = 2. What they were not fitted to: 5.7 % at T = 5 and
    8.2 % at T = 3 with 8-bit weights, both to the digits it states. Moves alone: 3 · 0.25 / (5 · 3.054) = 4.9 %."""
    assert crossover(published_synapse(4), 2).spike_rate == pytest.approx(0.104, abs=5e-4)
    assert crossover(published_synapse(8), 2).spike_rate == pytest.approx(0.123, abs=5e-4)
    predicted = crossover(published_synapse(4), 5).spike_rate
    assert predicted == pytest.approx(PUBLISHED_RATE.value, abs=5e-4)
    assert crossover(published_synapse(8), 3).spike_rate == pytest.approx(0.082, abs=5e-4)
    moves = SynapsePrices("moves", 0.05448, 0, 3.0, 0, 0, 0, 0.25, False)
    assert crossover(moves, 5).spike_rate == pytest.approx(0.75 / (5 * 3.05448))


def test_table_for_all_steps() -> None:
    rows = crossovers()
    assert [row.steps for row in rows] == [*range(4, 11)] * 4
    published = [row for row in rows if row.published_rate is not None]
    assert [(row.steps, row.prices) for row in published] == [(5, "arXiv 2409.08290")]
    by_name = {name: [r.spike_rate for r in rows if r.prices == name] for name in {r.prices for r in rows}}
    own, moved = by_name["this chip, all activations active"], by_name["this chip, with published moves"]
    assert all(a > b > c for a, b, c in zip(own, moved, by_name["arXiv 2409.08290"], strict=True) if a and b and c)
    assert math.isclose(own[0] or 0, 0.25, rel_tol=0.05)  # about 1 / T
    for bad in ({"inputs": 0}, {"outputs": -1}):
        with pytest.raises(InputError, match="size"):
            crossovers(**bad)  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="active"):
        chip_synapse(active=1.5)


def test_command_prints_the_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main(["compare", "--crossover"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"^5 +3 +20\.5 +10\.2 +12\.1 +5\.7 +5\.7", text, re.MULTILINE)
    assert cli.main(["compare", "--crossover", "--json"]) == 0
    assert [row["spike_rate"] for row in json.loads(capsys.readouterr().out)] == [r.spike_rate for r in crossovers()]
