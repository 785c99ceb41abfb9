"""Costs of a user's network as functions of parameters: its price list, and what others would spend on its job."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from energy.break_even.costing import Builder, Costing
from energy.break_even.costs.circuit import CircuitEnergy, CircuitPoint, circuit_energy
from energy.break_even.costs.digital import scale
from energy.break_even.problem import Cost, cost
from energy.break_even.scenario import Scenario
from energy.buffer import LEAKAGE
from energy.constants import NODE_SCALE, SRAM_READ
from energy.inference import Work
from energy.surroundings import UnitPrice, access_energy, amplitude_source, array_synapse, digital_synapse, moved_spike
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, Reader
from ipcircuit.ranges import Range
from network.accounting.costing.digital import work_cost
from network.accounting.price_list import STANDBY
from network.accounting.time_base import INPUTS, STORE

Row = Mapping[str, Any]
Points = Mapping[str, CircuitPoint]  # circuits by name
Term = Callable[[Reader, Points], Any]
CLOSE = 1e-6  # relative, of a price that is recognised
WEIGHT = "weight read"
MOVES_AS_DESIGNED = "as given with --set; energies move as those of the circuit as designed"
ON_CHIP = ("sram_bytes", "technology")


@dataclass(frozen=True)
class Priced:
    """What ratios need of a network's cost; fields as of `network.cost.result.NetworkCost`."""

    network: str
    data: str
    samples: int
    steps: int
    circuits: Mapping[str, str]
    lines: Sequence[Row]
    baselines: Sequence[Row]
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def network_costing(network: Priced) -> Costing:
    """Costs of a network that was priced, and of its baselines.

    Raises:
        InputError: it has no neurons on circuits, or no baseline has an energy.
    """
    if not network.circuits:
        raise InputError("no neuron of it stands on a circuit", where=network.network, allowed="a spiking network")
    named = tuple(dict.fromkeys(network.circuits.values()))
    builders, about = dict[str, Builder](), dict[str, str]()
    for row in network.baselines:
        if row["energy_per_sample_J"] is not None and row["counts_memory"]:
            name = _slug(row["system"])
            builders[name], about[name] = partial(_baseline, row), row["system"]
    if not builders:
        raise InputError("no baseline of it has an energy", where=network.network)
    text = f"{network.network} on {network.data}"
    return Costing(network.network, text, partial(_device, network), builders, (" and ".join(named),), about)


def _slug(system: str) -> str:
    """Such as ``snn_digital_int8``."""
    return re.sub(r"[^a-z0-9]+", "_", system.lower()).strip("_")


def _device(network: Priced, circuit: str, scenario: Scenario) -> Cost:
    """All lines of the price list in a scope."""
    placed = " and ".join(dict.fromkeys(network.circuits.values()))
    if circuit != placed:
        allowed = f"{placed}; others with `ipcircuit cost --neuron`"
        raise InputError("the network was priced on another circuit", where="device", found=circuit, allowed=allowed)
    lines = [row for row in network.lines if row["scope"] in (scenario.scope, None)]
    if not lines or any(row["energy_J"] is None for row in lines):
        raise InputError("no energy in this scope", where=network.network, found=scenario.scope)
    names = tuple(dict.fromkeys(network.circuits.values()))
    circuits = {name: circuit_energy(name, scenario.scope, of_device=len(names) == 1) for name in names}
    terms, unknown = list[Term](), dict[str, str]()
    for row in lines:
        term = _term(network, circuits, row, scenario)
        if term is None:
            unknown[f"{row['event']} of {row['layer']}"] = "its price is not made of known parameters"
            term = partial(_constant, row["energy_J"])
        terms.append(term)

    def energy_J(read: Reader) -> Any:
        now = {name: one.at(read) for name, one in circuits.items()}
        return sum(term(read, now) for term in terms)

    fixed = {name: reason for one in circuits.values() for name, reason in one.fixed.items()} | unknown
    fixed |= {f"sizes of {name}": MOVES_AS_DESIGNED for name, values in network.settings.items() if values}
    axes = ("scope", *ON_CHIP, *(("neurons_per_driver",) if scenario.scope == "system" else ()))
    conditions = {"samples": network.samples, "steps": network.steps}
    name = f"{network.network} on {placed}"
    return cost(name, "simulated", energy_J, axes=axes, fixed=fixed, conditions=conditions)


def _constant(energy: float, _: Reader, __: Points) -> float:
    return energy


def _term(network: Priced, circuits: dict[str, CircuitEnergy], row: Row, scenario: Scenario) -> Term | None:
    """Energy of a line; None: it is not known what its price is made of."""
    energy, event = row["energy_J"], row["event"]
    if event == "neuron-second" or (event == STANDBY and row["part"] != STORE):
        names = [network.circuits[row["layer"]]] if row["layer"] in network.circuits else list(circuits)
        if len(names) != 1:
            return None
        name, k = names[0], scenario.neurons_per_driver
        alone = circuits[name].designed.idle_power()
        return (lambda _, now: energy * now[name].idle_power(k) / alone) if alone else None
    if row["layer"] in network.circuits and row["part"] in ("memory", "neurons"):
        name = network.circuits[row["layer"]]
        return lambda _, now: energy * now[name].moved
    if (row["layer"], row["part"]) == (INPUTS, STORE):
        if event == STANDBY:
            return lambda read, _: energy * read(LEAKAGE) / LEAKAGE.value
        return lambda read, _: energy * read(SRAM_READ) * read(NODE_SCALE) / (SRAM_READ.value * NODE_SCALE.value)
    return _around(row, scenario)


def _around(row: Row, scenario: Scenario) -> Term | None:
    """Energy of a line of what stands around the neurons."""
    biases = {"bias read": WEIGHT, "bias addition": "accumulation"}
    event, energy = biases.get(row["event"], row["event"]), row["energy_J"]
    node = partial(scale, technology=scenario.technology)
    if event == WEIGHT:
        tabled = SRAM_READ.value * NODE_SCALE.value
        return lambda read, _: energy * access_energy(scenario.sram_bytes, read) * node(read) / tabled
    price = next((p for p in _prices() if p.event == event and _made_of(p, row)), None)
    if price is None:
        return None
    if NODE_SCALE in price.parameters:  # an operation of the chip
        return lambda read, _: energy * read(price.parameters[0]) * node(read) / price.energy_J
    return lambda read, _: energy * price.formula(read) / price.energy_J


def _prices() -> Sequence[UnitPrice]:
    digital = [
        p for precision in ("int8", "fp32") for g in (True, False) for p in digital_synapse(None, precision, graded=g)
    ]
    return [*digital, *array_synapse(), moved_spike(), amplitude_source(1.0)]


def _made_of(price: UnitPrice, row: Row) -> bool:
    """Whether a line has this price; that of an amplitude's source goes with the square of a supply."""
    return price.event == "conversion" or math.isclose(row["energy_each_J"], price.energy_J, rel_tol=CLOSE)


def _baseline(row: Row, scenario: Scenario) -> Cost:
    """A baseline's energy: its work on a chip, or a measured GPU's."""
    known = {"equal_accuracy": row["equal_accuracy"], "leaves out": row["leaves_out"]}
    if row["work"] is not None:
        name = row["system"].removesuffix(f", digital {row['precision']}")
        return work_cost(name, Work(**row["work"]), scenario, row["activation_bits"], row["precision"], known)
    low, high, likely = row.get("energy_low_J"), row.get("energy_high_J"), None
    if low is not None and high is not None and 0 < low < high:
        likely = Range(low, high, "lognormal", f"interval of the median: {row['source']}")
    source, value = row["source"] or row["system"], row["energy_per_sample_J"]
    energy = Parameter(f"energy on {row['system']}", value, "J", "per sample", source, "measured", likely=likely)
    return cost(row["system"], row["basis"], lambda read: read(energy), conditions=known)
