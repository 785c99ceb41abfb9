"""Which network a measurement on a GPU is of: checked before its file stands beside one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch

from energy.gpu.baselines import load_network_energy
from energy.gpu.whole import GpuNetworkEnergy, Structure
from ipcircuit.errors import InputError
from network.foreign.network import LoadedNetwork

NOT_TOLD = "the file was written before networks were told apart: only the number of time steps was compared"


def structure_of(network: LoadedNetwork, inputs: torch.Tensor) -> Structure:
    """Structure of a network fed `inputs` (time, samples, *features): its modules, and its parameters' shapes.

    Values of weights are no part of it: a GPU spends the same on them whatever they are.
    """
    modules = [(path, type(module).__name__) for path, module in network.module.named_modules()]
    shapes = [(name, list(values.shape)) for name, values in network.module.named_parameters()]
    digest = hashlib.sha256(json.dumps([modules, shapes]).encode()).hexdigest()[:16]
    parameters = sum(values.numel() for values in network.module.parameters())
    return Structure(parameters, digest, tuple(inputs.shape[2:]))


def energy_of(path: Path | str, network: LoadedNetwork, inputs: torch.Tensor) -> tuple[GpuNetworkEnergy, str]:
    """Energy of a network from a file of `ipcircuit gpu-energy --input`, and what to know of it.

    Args:
        inputs: (time, samples, *features), of the samples that the energy is compared on.

    Raises:
        InputError: as `energy.gpu.baselines.load_network_energy`, or the file is of another network, of inputs of
            another shape, or of another number of time steps.
    """
    energy, own = load_network_energy(path), structure_of(network, inputs)
    if energy.steps != inputs.shape[0]:
        raise _other(path, energy, f"{energy.steps} time steps", f"{inputs.shape[0]}, as the input here")
    if energy.structure is None:
        return energy, NOT_TOLD
    if energy.structure.features != own.features:
        raise _other(path, energy, f"inputs of {_shape(energy.structure.features)}", f"of {_shape(own.features)}")
    if energy.structure != own:
        found, allowed = (f"{one.parameters:,} parameters, structure {one.digest}" for one in (energy.structure, own))
        raise _other(path, energy, found, allowed)
    return energy, ""


def _other(path: Path | str, energy: GpuNetworkEnergy, found: str, allowed: str) -> InputError:
    problem = f"measured with another network or input ({energy.network})"
    return InputError(problem, where=str(path), found=found, allowed=allowed)


def _shape(features: tuple[int, ...]) -> str:
    return " × ".join(map(str, features))
