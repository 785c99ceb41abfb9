"""Memory of a gesture sample (Liu et al.), in events of its inputs: the costs of `energy.compare` as functions."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from energy.break_even.costing import Builder, Costing
from energy.break_even.costs.circuit import PUBLISHED, circuit_energy
from energy.break_even.costs.digital import recurrent_cost
from energy.break_even.costs.gpu import measured_increment, published_increment
from energy.break_even.costs.store import stored_frames
from energy.break_even.problem import Cost, cost
from energy.break_even.scenario import Scenario
from energy.compare import EventWorkload
from energy.constants import DENSITY
from energy.digital import published_cell
from energy.gpu.baselines import GpuBaseline, load_gpu_baselines, measured_energies
from ipcircuit.parameters import Reader

NAME = "memory"


def device_cost(circuit: str, scenario: Scenario) -> Cost:
    """Energy of a sample's memory on a circuit, as `energy.compare.compare` has it.

    With a time between frames, the `system` scope also counts the store of frames, and neurons that wait powered.

    Raises:
        InputError: an unknown circuit, or a scope that was not obtained.
        SimulationError: the simulation failed.
    """
    one, work = circuit_energy(circuit, scenario.scope), EventWorkload(neurons=scenario.neurons or 1)
    slots = work.inputs * work.frames * work.neurons

    def energy_J(read: Reader) -> Any:
        density, now = read(DENSITY), one.at(read)
        energy = slots * density * now.operation(density, scenario.neurons_per_driver)
        if scenario.scope != "system" or scenario.frame_s is None:
            return energy
        waiting_s = slots * max(0.0, scenario.frame_s - now.period_s) if scenario.standby == "powered" else 0.0
        standby = waiting_s * now.idle_power(scenario.neurons_per_driver)
        return energy + stored_frames(read, scenario, work.inputs, work.frames, density) + standby

    stored = ("buffer", "standby") if scenario.frame_s is not None else ()
    of_system = ("frame_s", "neurons_per_driver", *stored)
    axes = ("scope", "neurons", *(of_system if scenario.scope == "system" else ()))
    system = f"{circuit} (N = {work.neurons})"
    conditions = {**one.cost.conditions, "frames": work.frames, "inputs": work.inputs}
    return cost(system, one.cost.basis, energy_J, axes=axes, fixed=one.fixed, conditions=conditions)


def _others() -> tuple[dict[str, Builder], dict[str, str]]:
    """Builders by name, and what each is in words."""
    builders, about = dict[str, Builder](), dict[str, str]()
    for baseline in load_gpu_baselines():
        name = _name(baseline.model, baseline.gpu)
        builders[name] = partial(_published, baseline)
        about[name] = f"{baseline.system}, published increment"
    for measured in measured_energies():
        for model in measured.models:
            name = _name(model, measured.gpu)
            builders[name] = partial(measured_increment, measured, model)
            about[name] = f"{model} on {measured.gpu}, increment measured by this project"
    for kind in ("LSTM", "RNN"):
        name = f"{kind.lower()}_digital"
        builders[name] = partial(recurrent_cost, published_cell(kind))
        about[name] = f"{kind} of the published size on a digital chip"
    return builders, about


def _published(baseline: GpuBaseline, _: Scenario) -> Cost:
    return published_increment(baseline)


def _name(model: str, gpu: str) -> str:
    """Such as ``lstm_a800``."""
    network = model.lower().removeprefix("resnet18_").removesuffix("18").replace("(2+1)", "2plus1")
    return f"{network}_{gpu.removeprefix('NVIDIA ').split()[0].lower()}"


@cache
def costing() -> Costing:
    """The task's costs."""
    builders, about = _others()
    summary = "memory of a gesture sample, in events of its inputs"
    return Costing(NAME, summary, device_cost, builders, ("differential", PUBLISHED), about)
