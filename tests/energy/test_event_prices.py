"""Prices of events: what each family's record tells, the energy balance, and records that tell less."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from circuits.catalog import load
from circuits.events import Event
from circuits.measurement import Component
from energy.characterize import Characterization, characterize, cost_record
from energy.compare import published_cost
from energy.cost import SCOPES, NeuronCost, OperationEvents
from energy.event_prices import EventCounts, event_prices
from energy.intervals import Kind
from ipcircuit.errors import InputError

CIRCUITS = ("comparator", "delay_feedback_lif", "differential_pair_lif", "signed_mtj")


@cache
def record(circuit: str) -> Characterization:
    return characterize(load(circuit), n_jobs=1)


def priced(components: tuple[Component, ...], counts: Mapping[Event, float], **more: Any) -> Characterization:
    """A record of 2 µs operations with these components and events, by hand."""
    made = replace(record("delay_feedback_lif").measurement, components=components, events_per_operation=counts)
    return cost_record(replace(made, **{"period_s": 2e-6, "idle_power_W": 1e-9, **more}))


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_prices_times_the_records_own_events_are_its_energy(circuit: str) -> None:
    cost = record(circuit).cost
    assert NeuronCost.from_json(json.loads(json.dumps(cost.to_json()))) == cost
    for scope, prices in event_prices(cost).items():
        assert prices.energy_J(prices.operation) == pytest.approx(cost.scopes[scope].energy_per_operation_J, rel=1e-12)
        none = [name for name, value in prices.to_json().items() if value is None and name != "intervals"]
        assert set(none) == set(prices.reasons)


def test_lif_pays_the_charge_of_its_inputs_and_the_swing_of_its_output_spikes() -> None:
    """A threshold of input takes C V_DD/2 from the supply, the pull-up as much; an input spike itself is cheap."""
    cost = record("delay_feedback_lif").cost
    prices = event_prices(cost)["circuit"]
    assert prices.operation.drives == pytest.approx(1 + 20e-9 * prices.operation.running_s / 1e-12)
    assert prices.of(Event.DRIVE) == {"synapse": pytest.approx(1.0 * 2e-12 * 0.5, rel=0.05)}
    assert prices.of(Event.SPIKE)["membrane pull-up"] == pytest.approx(2e-12 * 0.5, rel=0.05)
    assert (prices.input_J or 0) < 0.02 * (prices.drive_J or 0)
    assert (prices.step_J, prices.idle_W) == (None, None)
    # A subthreshold input costs what it brings; a silent step costs leakage alone, in the scope that counts it.
    weak = EventCounts(inputs=3, drives=0.5)
    assert prices.energy_J(weak) == pytest.approx(3 * (prices.input_J or 0) + 0.5 * (prices.drive_J or 0))
    assert prices.silent_step_J(1e-6) is None
    system = event_prices(cost)["system"]
    assert system.silent_step_J(1e-6) == pytest.approx(1e-6 * record("delay_feedback_lif").measurement.idle_power_W)


def test_prices_of_one_rate_are_those_of_another() -> None:
    """A tenth of the inputs and of the leak: the threshold stage's short circuit lasts ten times as long."""
    fast, bench = event_prices(record("delay_feedback_lif"))["circuit"], load("delay_feedback_lif")
    slow = characterize(bench.configured(input_interval_s=2e-6, leak_A=2e-9), n_jobs=1).cost
    counts = event_prices(slow)["circuit"].operation
    assert counts.running_s > 10e-6
    measured = slow.scopes["circuit"].energy_per_operation_J
    assert fast.energy_J(counts) == pytest.approx(measured, rel=0.03)
    alike = fast.energy_J(counts._replace(running_s=fast.operation.running_s))
    assert (alike or 0.0) < 0.95 * (measured or 0.0)


def test_differential_pair_draws_its_tail_current_all_the_time() -> None:
    """0.69 of 0.2 µA (dc sweep) at 1 V, working or idle."""
    prices = event_prices(record("differential_pair_lif"))["system"]
    assert prices.running_W == pytest.approx(0.69 * 0.2e-6, rel=0.02)
    assert prices.running_W == pytest.approx(prices.idle_W, rel=0.02)


def test_signed_neuron_pays_the_clock_in_every_step_and_the_drive_in_driven_ones() -> None:
    found = record("signed_mtj")
    prices, details = event_prices(found)["circuit"], found.cost.details
    operation = prices.operation
    assert (operation.inputs, operation.drives, operation.steps, operation.spikes) == (1.0, 1.0, 2.0, 1.0)
    assert prices.step_J == pytest.approx(details["energy_of_a_step_to_rest_J"], rel=1e-12)
    # The drive by hand: current and voltage of the junction over 1.5 ns.
    drive = details["on paper: drive current, A"] * details["on paper: drive voltage, V"] * 1.5e-9
    assert prices.of(Event.DRIVE)["junction"] == pytest.approx(drive, rel=0.05)
    assert set(prices.of(Event.INPUT)) == {"divider", "comparators", "logic", "input lines"}
    assert prices.reasons["spike_J"].endswith("of an input event and unit of input strength and time step")
    # In `paper`, which leaves the logic out, a driven step takes less than a silent one with its pulse paid apart.
    paper = event_prices(found)["paper"]
    assert paper.input_J is not None
    assert paper.step_J is not None
    assert -paper.step_J < paper.input_J < 0
    assert set(paper.remarks) == {"input_J"}
    assert "the energy of divider and comparators is lower with an input event" in paper.remarks["input_J"]
    assert paper.remarks["input_J"].endswith("(unit of input strength and time step)")
    assert not prices.remarks


def test_thermal_neuron_pays_pulse_read_and_driver_per_input_event() -> None:
    cost = record("comparator").cost
    prices = event_prices(cost)
    assert list(prices["system"].parts) == [Event.INPUT]
    assert set(prices["system"].of(Event.INPUT)) == set(cost.scopes["system"].energy_breakdown_J) - {"idle_leakage"}
    assert prices["paper"].input_J == cost.scopes["paper"].energy_per_operation_J
    with pytest.raises(InputError, match=r"no price of an output spike: .* it is within the price of an input event"):
        prices["paper"].of(Event.SPIKE)


def test_components_by_hand() -> None:
    """4 pJ per two inputs, 1 pJ per spike, 6 pJ of static current in 2 µs, 3 pJ that nobody assigned."""
    parts = (
        Component("synapse", 4e-12, paid_per=Event.INPUT),
        Component("spike", 1e-12, in_paper_scope=True, paid_per=Event.SPIKE),
        Component("bias", 6e-12, paid_per=Event.TIME),
        Component("rest", 3e-12),
        Component("clock", 5e-12, paid_per={Event.STEP: 6e-12, Event.INPUT: -1e-12}),
    )
    found = priced(parts, {Event.INPUT: 2.0, Event.STEP: 4.0})
    prices = event_prices(found)["system"]
    numbers = (prices.input_J, prices.step_J, prices.spike_J, prices.operation_J, prices.running_W, prices.idle_W)
    assert numbers == pytest.approx((1.5e-12, 1.5e-12, 1e-12, 3e-12, 3e-6, 1e-9))
    assert prices.energy_J(EventCounts(1, 10, 20, 3, 1e-6, 1e-3)) == pytest.approx((3 + 15 + 30 + 3 + 3 + 1) * 1e-12)
    assert prices.silent_step_J(1e-3) == pytest.approx(2.5e-12)
    paper = event_prices(found)["paper"]
    assert paper.energy_J(EventCounts(1, 10, 20, 3)) == pytest.approx(3e-12)
    silent = cost_record(replace(found.measurement, spikes_per_operation=None))
    assert event_prices(silent)["circuit"].operation_J == pytest.approx(4e-12)  # without a spike, of the whole run


def test_what_cannot_be_paid_is_refused() -> None:
    with pytest.raises(InputError, match=r"paid_per of a: energies by event do not add up"):
        Component("a", 1e-12, paid_per={Event.STEP: 1e-12, Event.INPUT: 1e-12})
    with pytest.raises(InputError, match="paid_per of a: the operation states no number of these events"):
        priced((Component("a", 1e-12, paid_per=Event.INPUT),), {})
    with pytest.raises(InputError, match=r"paid_per of a: shares are not 1 together; found 0.5"):
        OperationEvents(1e-6, 0.0, {}, {"a": {Event.TIME: 0.5}})


def test_records_that_know_no_events_have_one_price_and_say_so() -> None:
    """The published operation: nothing but its energy, in one scope."""
    prices = event_prices(published_cost())
    assert prices["paper"].operation_J == pytest.approx(0.6e-9)
    assert prices["paper"].reasons["input_J"].endswith("it is within the price of an operation")
    assert prices["paper"].energy_J(EventCounts(operations=2)) == pytest.approx(1.2e-9)
    assert prices["system"].energy_J(EventCounts(operations=2)) is None
    assert set(prices["system"].reasons.values()) == {"this scope has no energy in the cost record"}


def test_intervals_move_all_events_together() -> None:
    """Copies 10 % above the design move every event's energy by as much, and idle power not at all."""
    cost = record("delay_feedback_lif").cost
    energies = {scope: cost.scopes[scope].energy_per_operation_J or 0.0 for scope in SCOPES}
    spread = {f"{s}_energy_per_operation_{end}_J": 1.1 * joule for s, joule in energies.items() for end in ("low",)}
    spread |= {f"{s}_energy_per_operation_high_J": 1.2 * joule for s, joule in energies.items()}
    prices = event_prices(replace(cost, spread=spread))
    counts = EventCounts(inputs=100.0, spikes=2.0, idle_s=1e-3)
    interval = prices["circuit"].energy_intervals(counts)[Kind.MEAN]
    total = prices["circuit"].energy_J(counts) or math.nan
    assert (interval.low, interval.high) == pytest.approx((1.1 * total, 1.2 * total))
    own = prices["system"].energy_intervals(prices["system"].operation)[Kind.MEAN]
    assert (own.low, own.high) == pytest.approx((1.1 * energies["system"], 1.2 * energies["system"]))
    assert event_prices(cost)["circuit"].energy_intervals(counts) == {}


def test_the_example_of_the_page_runs_and_its_table_is_of_today(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "methods" / "event_prices.md").read_text(encoding="utf-8")
    exec(page.split("```python")[1].split("```")[0], {})
    assert "this scope counts no idle power" in capsys.readouterr().out
    for circuit, event, joule in (
        ("comparator", Event.INPUT, 1.17e-9),
        ("delay_feedback_lif", Event.DRIVE, 1.02e-12),
        ("delay_feedback_lif", Event.SPIKE, 1.08e-12),
        ("signed_mtj", Event.DRIVE, 0.53e-12),
        ("signed_mtj", Event.STEP, 0.14e-12),
    ):
        assert f"| `{circuit}` |" in page
        price = math.fsum(event_prices(record(circuit))["circuit"].of(event).values())
        assert price == pytest.approx(joule, rel=0.02)
