"""Cost of any spiking network: loaded, counted, priced, judged, and set beside what others would spend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from energy.crossover import crossovers
from ipcircuit.errors import InputError
from network.accounting.baselines import network_baselines
from network.accounting.gpu.structure import energy_of
from network.answers.tuning import LEAST_SAMPLES, Tuning, parted
from network.cost.priced import BATCH, Stage, priced, silent
from network.cost.result import NetworkCost
from network.foreign.inputs import Samples, load_inputs
from network.foreign.loading import as_network
from network.foreign.network import LoadedNetwork
from network.mapping.suitability import Conditions, may_stand
from network.quantised.training import TUNING


def prepared(
    model: Any,
    inputs: Any,
    *,
    dt_s: float | None = None,
    seed: int = 0,
    dialect: str | None = None,
    features: tuple[int, ...] | None = None,
    **of_inputs: Any,
) -> tuple[LoadedNetwork, Samples]:
    """Network and samples, from names or objects; see `network_cost`."""
    network = as_network(model, dt_s=dt_s, seed=seed, dialect=dialect)
    if isinstance(inputs, Samples):
        return network, inputs
    if isinstance(inputs, str):
        known = {name: value for name, value in of_inputs.items() if value is not None}
        shape = features or network.input_shape()
        return network, load_inputs(inputs, features=shape, dt_s=network.dt_s, seed=seed, **known)
    x, targets = inputs if isinstance(inputs, tuple) else (inputs, None)
    if not isinstance(x, torch.Tensor):
        raise InputError("no tensor", where="inputs", found=type(x).__name__, allowed="(time, batch, *features)")
    samples = Samples(x, targets, f"{x.shape[1]} samples" if x.dim() > 2 else "inputs", dt_s)
    return network, samples.limited(of_inputs.get("samples"), seed)


def network_cost(
    model: Any,
    inputs: Any,
    neuron: str | Sequence[str] = (),
    *,
    training: Any = None,
    dt_s: float | None = None,
    samples: int | None = None,
    steps: int | None = None,
    axes: str | None = None,
    features: tuple[int, ...] | None = None,
    dialect: str | None = None,
    chips: int = 5,
    seed: int = 0,
    batch: int = BATCH,
    gpu: Path | str | None = None,
    stage: Stage = silent,
    **options: Any,
) -> NetworkCost:
    """Energy of a network per sample, with whether its neurons may stand there and what others would spend.

    Args:
        model: a module, a NIR graph, a `LoadedNetwork`, or a text as for `network.foreign.loading.load_network`.
        inputs: a tensor (time, batch, *features), or a pair of that and class indices (batch,); `Samples`; or a text as
            for `network.foreign.inputs.load_inputs`, which takes `samples`, `steps`, `axes` and `features`.
        neuron: circuit of all layers of neurons, by default `network.cost.assignment.DEFAULT`, or several of
            ``"CIRCUIT"`` and ``"LAYER=CIRCUIT"``.
        training: other samples to fine-tune the network with the circuit's neurons on, as `inputs`; None: of labelled
            samples those that are not judged (see `network.quantised.training.parted`), of others none.
        dialect: of a NIR file, the tool that wrote it.
        dt_s: length of a step at the sensor, s; default that of the network or of the recordings.
        chips: random chips with mismatch. seed: of all that is drawn.
        batch: samples that run together.
        gpu: a file of ``ipcircuit gpu-energy --model`` for this network; None: its row says how to measure.
        stage: gives the progress of a part of the work.
        options: of `network.cost.priced.priced`.

    Raises:
        InputError: nothing that can be loaded or run; an unknown layer or circuit; a network that never spikes, or does
            not fit into memory.
        SimulationError: a circuit's simulation failed.
    """
    loading = {"dt_s": dt_s, "seed": seed, "dialect": dialect, "features": features}
    network, data = prepared(model, inputs, samples=samples, steps=steps, axes=axes, **loading)
    if gpu is not None:
        energy_of(gpu, network, data.inputs)  # what is wrong with it is told before anything is simulated
    of = priced(network, data, neuron, batch=batch, seed=seed, stage=stage, **options)
    judged, tuned = _split(network, data, training, seed)
    suitability = None
    if of.plan is not None:
        with stage("running the network with the circuit's neurons") as progress:
            suitability = may_stand(
                network,
                {path: mapping.circuit for path, mapping in of.plan.layers.items()},
                judged.inputs,
                judged.targets,
                training=tuned,
                tuning=Tuning(seed=seed),
                conditions=Conditions(chips, batch=batch),
                step_s=of.plan.step_s,
                settings=of.settings,
                progress=progress,
            )
    with stage("training the quantised network") as progress:
        tuning = replace(TUNING, seed=seed)
        others = network_baselines(network, data, of.counts, tuning=tuning, gpu=gpu, progress=progress)
    return NetworkCost(
        network=network.name,
        source=network.source,
        data=data.name,
        circuits=of.circuits,
        settings=of.settings,
        counts=of.counts,
        placed=of.placed,
        lines=[line.to_json() for line in of.lines],
        suitability=suitability,
        unjudged=of.unjudged,
        baselines=others,
        crossovers=[one.to_json() for one in crossovers()] if of.circuits else [],
        time_base=None if of.time_base is None else of.time_base.to_json(),
        notes=of.notes,
    )


def _split(
    network: LoadedNetwork, data: Samples, training: Any, seed: int
) -> tuple[Samples, tuple[torch.Tensor, torch.Tensor] | None]:
    """Samples that are judged, and those that the network is fine-tuned with; None: there are none."""
    if training is not None:
        _, other = prepared(network, training, seed=seed)
        if other.targets is None:
            allowed = "labelled samples"
            raise InputError("has no targets to fine-tune with", where="--train", found=other.name, allowed=allowed)
        return data, (other.inputs, other.targets)
    if data.targets is None or data.targets.is_floating_point() or len(data) < LEAST_SAMPLES:
        return data, None
    # the same samples as of the quantised network, so that accuracies can be compared
    held, rest = parted(len(data), torch.Generator().manual_seed(seed))
    tuned = data.subset(rest)
    return data.subset(held), (tuned.inputs, torch.as_tensor(tuned.targets))
