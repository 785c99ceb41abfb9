"""Cost records: what they accept, what they refuse, and the JSON contract."""

import json
import math
from dataclasses import FrozenInstanceError, asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.cost import SCOPES, NeuronCost, ScopeCost
from ipcircuit.errors import InputError
from ipcircuit.records import parse


def make_cost(**changes) -> NeuronCost:
    scope = ScopeCost(6e-10, None, 2.0, {"mtj_active": 5e-10, "logic": 1e-10}, {"cells": 2.0})
    values = {
        "circuit": "differential",
        "basis": "simulated",
        "simulator": "ngspice-39",
        "conditions": {"corner": "tt", "temperature_C": 27.0},
        "transistors": 24,
        "devices": {"mtj_thermal": 4},
        "latency_s": None,
        "spread": None,
        "scopes": {"paper": scope, "circuit": scope, "system": ScopeCost()},
    }
    return NeuronCost(**{**values, **changes})


def test_json_has_exactly_the_contract_keys_and_round_trips() -> None:
    cost = make_cost(spread={"energy_per_operation_sigma_J": 1e-12})
    data = json.loads(json.dumps(cost.to_json(), allow_nan=False))
    assert " ".join(data) == "circuit basis simulator conditions transistors devices latency_s spread scopes"
    assert list(data["scopes"]) == list(SCOPES)
    totals, breakdowns = "energy_per_operation_J energy_per_spike_J area_um2", "energy_breakdown_J area_breakdown_um2"
    assert " ".join(data["scopes"]["paper"]) == f"{totals} {breakdowns}"
    assert data["latency_s"] is None
    assert data["scopes"]["system"]["energy_per_operation_J"] is None
    assert NeuronCost.from_json(data) == cost


def test_warnings_are_in_the_json_where_there_are_any() -> None:
    cost = make_cost(warnings=("a step was decided wrongly",))
    data = json.loads(json.dumps(cost.to_json(), allow_nan=False))
    assert data["warnings"] == ["a step was decided wrongly"]
    assert NeuronCost.from_json(data) == cost
    with pytest.raises(InputError, match="warnings: must be a valid tuple"):
        make_cost(warnings="one")
    with pytest.raises(InputError, match=r"warnings\[0\]: must be a valid string; found 3"):
        NeuronCost.from_json({**data, "warnings": [3]})


energies = st.dictionaries(st.text(min_size=1, max_size=8), st.floats(1e-18, 1e-6), min_size=1, max_size=6)


@given(energies)
def test_any_exact_breakdown_round_trips_through_json_text(parts: dict[str, float]) -> None:
    scope = ScopeCost(energy_per_operation_J=math.fsum(parts.values()), energy_breakdown_J=parts)
    assert parse(ScopeCost, json.loads(json.dumps(asdict(scope))), "scope") == scope


@given(energies, st.floats(1e-6, 1.0))
def test_a_breakdown_that_is_off_by_more_than_rounding_is_refused(parts: dict[str, float], error: float) -> None:
    with pytest.raises(InputError, match="energy_breakdown_J: parts add up"):
        ScopeCost(energy_per_operation_J=math.fsum(parts.values()) * (1 + error), energy_breakdown_J=parts)


def test_rounding_copies_and_missing_totals_are_accepted() -> None:
    assert ScopeCost(0.3, None, None, {"a": 0.1, "b": 0.2}).energy_per_operation_J == 0.3
    assert ScopeCost(energy_breakdown_J={"logic": 1e-15}).energy_per_operation_J is None
    parts = {"a": 1.0}
    scope = ScopeCost(1.0, None, None, parts)
    parts["a"] = 2.0
    assert scope.energy_breakdown_J == {"a": 1.0}
    with pytest.raises(FrozenInstanceError):
        scope.area_um2 = 1.0  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"energy_per_operation_J": math.nan}, "energy_per_operation_J: must be a finite number; found nan"),
        ({"area_um2": math.inf}, "area_um2: must be a finite number; found inf"),
        ({"energy_per_spike_J": -1.0}, "energy_per_spike_J: must be greater than or equal to 0; found -1.0"),
        ({"energy_per_operation_J": 1.0}, "energy_breakdown_J: parts add up to 0.0"),
        (
            {"area_um2": 2.0, "area_breakdown_um2": {"a": 3.0, "b": -1.0}},
            "area_breakdown_um2.b: must be greater than or equal to 0; found -1.0",
        ),
        ({"energy_breakdown_J": {"a": math.nan}}, "energy_breakdown_J.a: must be a finite number; found nan"),
        ({"energy_breakdown_J": {"a": None}}, "energy_breakdown_J.a: must be a valid number; found None"),
        ({"energy_per_spike_J": True}, "energy_per_spike_J: must be a valid number; found True"),
    ],
)
def test_bad_scope_values_name_their_field(fields: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ScopeCost(**fields)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"circuit": ""}, "circuit"),
        ({"basis": "guessed"}, "basis: must be 'simulated', .*found 'guessed'"),
        ({"simulator": None}, "simulator"),
        ({"transistors": -1}, "transistors"),
        ({"transistors": 24.0}, "transistors"),
        ({"devices": {"mtj": -4}}, "devices.mtj"),
        ({"latency_s": math.nan}, "latency_s"),
        ({"conditions": {"temperature_C": math.nan}}, "conditions.temperature_C"),
        ({"spread": {"sigma": math.inf}}, "spread.sigma"),
        ({"scopes": {"paper": ScopeCost()}}, "scopes: missing circuit, system"),
        ({"scopes": {**dict.fromkeys(SCOPES, ScopeCost()), "chip": ScopeCost()}}, "scopes: unknown key"),
    ],
)
def test_bad_cost_values_name_their_field(changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_cost(**changes)


def test_missing_and_unknown_json_keys_are_refused() -> None:
    data = make_cost().to_json()
    with pytest.raises(InputError, match="missing latency_s"):
        NeuronCost.from_json({key: value for key, value in data.items() if key != "latency_s"})
    with pytest.raises(InputError, match="unknown field; found 'energy'; allowed: circuit, basis"):
        NeuronCost.from_json({**data, "energy": 1.0})
    paper = {key: value for key, value in data["scopes"]["paper"].items() if key != "area_um2"}
    with pytest.raises(InputError, match=r"scopes\.paper: missing area_um2"):
        NeuronCost.from_json({**data, "scopes": {**data["scopes"], "paper": paper}})
