"""A network and the energy of its neurons as an architecture and a network of SANA-FE (checked with 2.2.9).

SANA-FE (Boyle et al., IEEE TCAD 2025, doi 10.1109/TCAD.2025.3537971) charges a soma for every step in which it is
accessed and for every spike, a dendrite for every arriving spike, and a synapse for every read. Ours: the price of a
step and of idle time, of an output spike, of the inputs, and of a synapse. A core holds one layer. The chip is
pipelined: a layer sees the spikes of the layer before one step later, and every neuron is accessed in every step, also
in those in which the first inputs have not reached it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ipcircuit.errors import InputError
from network.export.chain import Chain
from network.export.loihi_soma import Activity, Soma, simulate, soma_of

DIFFERING = 0.01  # share of the spikes that may differ from the network's own
_FREE = 0.0


@dataclass(frozen=True)
class LayerEnergy:
    """Energy of one layer over a sample, J, in one scope.

    Attributes:
        step_J: of a neuron and step, idle time with it. spike_J: of an output spike.
        inputs_J: of all inputs of the layer together. synapses_J: of all weights in front of it, read and added.
    """

    step_J: float
    spike_J: float
    inputs_J: float
    synapses_J: float


@dataclass(frozen=True)
class SanaFe:
    """What is written, and what SANA-FE must find.

    Attributes:
        architecture, network: as YAML.
        steps: that SANA-FE has to run: those of the sample, and one more for each layer.
        sample_steps: those of the sample.
        neuron_energy_J: of the sample, by this project's accounting: without the steps in which the chip fills.
        expected: by SANA-FE's rules, over `steps`: `soma_J`, `dendrite_J`, `synapse_J`, `spikes`, by layer.
        agreement: by layer the share of steps and neurons in which SANA-FE's soma does as the network's neuron.
    """

    architecture: str
    network: str
    steps: int
    sample_steps: int
    neuron_energy_J: float
    expected: Mapping[str, Mapping[str, float]]
    agreement: Mapping[str, float]

    def record(self) -> dict[str, Any]:
        """All but the YAML texts, as JSON has it."""
        return {key: value for key, value in asdict(self).items() if key not in ("architecture", "network")}


def export(chain: Chain, energies: Mapping[str, LayerEnergy], name: str, message_J: float = 0.0) -> SanaFe:
    """Describe a network with its energies.

    Args:
        chain: of `network.export.chain.chain_of`: its layers and one sample. An input of real numbers has to be the
            same in every step; it is then a bias of the first layer.
        energies: by path of the layer.
        message_J: of a spike on its way from core to core.

    Raises:
        InputError: a neuron or an input that SANA-FE cannot express, or a network that is no chain of layers.
    """
    binary = bool(np.isin(chain.inputs, (0, 1)).all())
    constant = None if binary else _constant(chain.inputs)
    somas = [soma_of(stage, None if index else constant) for index, stage in enumerate(chain.stages)]
    activities = simulate(chain, somas, constant=not binary)
    agreement = _agreement(chain, activities)
    time, steps = len(chain.inputs), len(chain.inputs) + len(somas)
    known = [energies[stage.path] for stage in chain.stages]
    updates = [_per_event(e.inputs_J, activity) for e, activity in zip(known, activities, strict=True)]
    reads = [_per_event(e.synapses_J, activity) for e, activity in zip(known, activities, strict=True)]
    expected = {
        stage.path: {
            "soma_J": energy.step_J * steps * stage.neurons + energy.spike_J * float(activity.spikes.sum()),
            "dendrite_J": update * activity.synaptic_events,
            "synapse_J": read * activity.synaptic_events,
            "spikes": float(activity.spikes.sum()),
        }
        for stage, energy, activity, update, read in zip(chain.stages, known, activities, updates, reads, strict=True)
    }
    ours = sum(
        energy.step_J * time * stage.neurons + energy.spike_J * float(stage.spikes.sum()) + energy.inputs_J
        for stage, energy in zip(chain.stages, known, strict=True)
    )
    return SanaFe(
        _architecture(name, chain, somas, known, (updates, reads), message_J, binary=binary),
        _network(name, chain, somas, binary=binary),
        steps,
        time,
        ours,
        expected,
        agreement,
    )


def _constant(inputs: np.ndarray) -> np.ndarray:
    """The one input of all steps. Raises InputError."""
    if (inputs != inputs[0]).any():
        raise InputError(
            "inputs are neither spikes nor constant", where="input", allowed="0 and 1, or the same numbers in each step"
        )
    return inputs[0]


def _agreement(chain: Chain, activities: Sequence[Activity]) -> dict[str, float]:
    """How well the soma's spikes are those of the network. Raises InputError: they differ in more than `DIFFERING`."""
    shares = {}
    for depth, (stage, activity) in enumerate(zip(chain.stages, activities, strict=True)):
        simulated = activity.spikes[depth + 1 : depth + 1 + len(stage.spikes)]
        differing = int((simulated != stage.spikes).sum())
        if differing > DIFFERING * max(1.0, float(stage.spikes.sum())):
            raise InputError(
                "the weights between the layers do not give the network's spikes: it is no chain of layers",
                where=stage.path,
                found=f"{differing} of {int(stage.spikes.sum())} spikes differ",
                allowed="layers in a row, all as modules",
            )
        shares[stage.path] = 1 - differing / stage.spikes.size
    return shares


def _per_event(joule: float, activity: Activity) -> float:
    """An energy for one arriving spike: in a time step an input of the circuit may be the sum of several."""
    return joule / activity.synaptic_events if activity.synaptic_events else 0.0


def _unit(name: str, **attributes: Any) -> list[str]:
    pairs = ", ".join(
        f"{key}: {value!r}" if isinstance(value, float) else f"{key}: {value}" for key, value in attributes.items()
    )
    return [f"            - name: {name}", f"              attributes: {{{pairs}}}"]


def _soma(name: str, model: str, step_J: float, spike_J: float) -> list[str]:
    return _unit(
        name,
        model=model,
        energy_access_neuron=step_J,
        latency_access_neuron=_FREE,
        energy_update_neuron=_FREE,
        latency_update_neuron=_FREE,
        energy_spike_out=spike_J,
        latency_spike_out=_FREE,
    )


def _core(name: str, neurons: int, synapse_J: float, update_J: float, message_J: float, soma: list[str]) -> list[str]:
    return [
        f"        - name: {name}",
        f"          attributes: {{buffer_position: soma, max_neurons_supported: {neurons}}}",
        "          axon_in:",
        *_unit(f"{name}_axon_in", energy_message_in=_FREE, latency_message_in=_FREE),
        "          synapse:",
        *_unit(f"{name}_synapse", model="current_based", energy_process_spike=synapse_J, latency_process_spike=_FREE),
        "          dendrite:",
        *_unit(f"{name}_dendrite", model="accumulator", energy_update=update_J, latency_update=_FREE),
        "          soma:",
        *soma,
        "          axon_out:",
        *_unit(f"{name}_axon_out", energy_message_out=message_J, latency_message_out=_FREE),
    ]


def _sources(chain: Chain, somas: Sequence[Soma], *, binary: bool) -> list[tuple[str, list[int]]]:
    """Group and train of every input: those of the sample, and one for each layer with a bias, on in all its steps."""
    time = len(chain.inputs)
    trains = [("inputs", column.astype(int).tolist()) for column in chain.inputs.T] if binary else []
    biases = [(f"bias_{soma.name}", [0] * depth + [1] * time) for depth, soma in enumerate(somas) if soma.bias.any()]
    return [*trains, *biases]


def _architecture(
    name: str,
    chain: Chain,
    somas: Sequence[Soma],
    energies: Sequence[LayerEnergy],
    per_event: tuple[Sequence[float], Sequence[float]],
    message_J: float,
    *,
    binary: bool,
) -> str:
    sources = len(_sources(chain, somas, binary=binary))
    hops = ", ".join(
        f"{what}_{way}_hop: 0.0" for way in ("north", "east", "south", "west") for what in ("energy", "latency")
    )
    lines = [
        f"# {name}: one core for each layer of neurons. Energies in J; times are not modelled and 0.",
        "# energy_access_neuron: a step and its idle time. energy_spike_out: an output spike.",
        "# energy_update: the inputs, energy_process_spike: the synapses, spread over the spikes that arrive.",
        "architecture:",
        "  name: ipcircuit",
        "  attributes: {link_buffer_size: 1, width: 1, height: 1}",
        "  tile:",
        "    - name: chip",
        f"      attributes: {{{hops}}}",
        "      core:",
        # a core for the inputs: each has a unit of its own, since a unit keeps one train
        *_core("inputs", sources, _FREE, _FREE, _FREE, _soma(f"input[0..{sources - 1}]", "input", _FREE, _FREE)),
    ]
    for soma, energy, update, read in zip(somas, energies, *per_event, strict=True):
        unit = _soma(f"{soma.name}_soma", "leaky_integrate_fire", energy.step_J, energy.spike_J)
        lines += _core(soma.name, len(soma.bias), read, update, message_J, unit)
    return "\n".join(lines) + "\n"


def _network(name: str, chain: Chain, somas: Sequence[Soma], *, binary: bool) -> str:
    lines = [f"# {name}: weights and thresholds scaled by layer", "network:", "  name: ipcircuit", "  groups:"]
    sources = _sources(chain, somas, binary=binary)
    unit = 0
    for group in dict.fromkeys(group for group, _ in sources):
        lines += [f"    - name: {group}", "      attributes: []", "      neurons:"]
        for index, (_, train) in enumerate(source for source in sources if source[0] == group):
            lines.append(f'        - {index}: [spikes: {train}, soma_hw_name: "input[{unit}]"]')
            unit += 1
    for soma in somas:
        lines += [f"    - name: {soma.name}", f"      attributes: [soma_hw_name: {soma.name}_soma]", "      neurons:"]
        lines += [
            f"        - {index}: [soma: {{threshold: {threshold!r}, leak_decay: {decay!r}, reset: {reset!r}, "
            f"reset_mode: {soma.reset_mode}}}]"
            for index, (threshold, decay, reset) in enumerate(
                zip(soma.threshold.tolist(), soma.decay.tolist(), soma.reset.tolist(), strict=True)
            )
        ]
    lines.append("  edges:")
    before = "inputs" if binary else None
    for soma in somas:
        lines += _edges(before, soma)
        before = soma.name
    lines.append("mappings:")
    lines += [f"  - {group}: [core: 0.0]" for group in dict.fromkeys(group for group, _ in sources)]
    lines += [f"  - {soma.name}: [core: 0.{index}]" for index, soma in enumerate(somas, 1)]
    return "\n".join(lines) + "\n"


def _edges(before: str | None, soma: Soma) -> list[str]:
    """Connections into a layer: from the one before, from its bias, and from each neuron to itself."""
    lines = []
    weights = soma.weights
    if before is not None and weights.size and np.count_nonzero(weights) == weights.size:
        lines.append(f"    - {before} -> {soma.name}: [type: dense, weight: {weights.ravel().tolist()}]")
    elif before is not None:
        lines += [
            f"    - {before}.{source} -> {soma.name}.{target}: [weight: {float(weights[source, target])!r}]"
            for source, target in zip(*np.nonzero(weights), strict=True)
        ]
    lines += [
        f"    - bias_{soma.name}.0 -> {soma.name}.{target}: [weight: {float(soma.bias[target])!r}]"
        for target in np.flatnonzero(soma.bias)
    ]
    if soma.inhibition:
        lines += [
            f"    - {soma.name}.{index} -> {soma.name}.{index}: [weight: {soma.inhibition!r}]"
            for index in range(len(soma.bias))
        ]
    return lines
