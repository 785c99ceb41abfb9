"""The functions that circuit checks compare with ngspice are the very ones that network layers step with."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
import torch

from circuits.ecram_lif import check as ecram_check
from circuits.ecram_lif.response import Stimulus as SpikeTrain
from circuits.signed_mtj import check as signed_check
from circuits.signed_mtj.neuron import SignedDesign
from circuits.signed_mtj.response import SignedMtjConditions
from circuits.signed_mtj.stimulus import Stimulus
from circuits.thermal_mtj.check import predict_histories
from ipcircuit.compact.ecram_lif import neuron as ecram
from ipcircuit.compact.signed_mtj import neuron as signed
from ipcircuit.compact.signed_mtj.analytic import analytic
from ipcircuit.compact.thermal_mtj import neuron as thermal
from ipcircuit.devices.ecram import currie2026
from network.experiments.filters import bank
from network.experiments.signed.plan import Plan
from network.neurons.signed_mtj import dynamics
from network.neurons.signed_mtj.layer import SignedLIF
from network.neurons.thermal_mtj import firing
from network.neurons.thermal_mtj.device import load_device
from network.neurons.thermal_mtj.neurons import ThermalNeuron
from tests.ipcircuit.compact.test_ecram_lif_compact import P

WINDOW = {p.name: p.value for p in currie2026.PARAMETERS}
ECRAM = replace(P, base_ohm=(WINDOW["r_low"] * WINDOW["r_high"]) ** 0.5, limit_ohm=2e3)


def thermal_layer() -> None:
    ThermalNeuron(load_device("liu2025").temporal, step_mode="s")(torch.full((2, 3), 0.8))


def thermal_circuit() -> None:
    predict_histories(load_device("liu2025").temporal, [[0.8, 0.83]])


def ecram_layer() -> None:
    bank.TemporalFilterBank([[ECRAM]], 0.1e-6)(torch.ones(2, 1, 1))


def ecram_circuit() -> None:
    ecram_check.predicted_spikes(ECRAM, SpikeTrain.regular(100e-9, 3))
    ecram_check.predicted_ratios(ECRAM, 1e-6, 2)


def signed_layer() -> None:
    SignedLIF(Plan().with_well(1.0))(torch.ones(2, 1, 3))
    SignedLIF(Plan().ideal)(torch.ones(2, 1, 3))


def signed_circuit() -> None:
    signed_check.predict(SignedDesign(), SignedMtjConditions(), Stimulus(((1, 0, 0),)))


@pytest.mark.parametrize(
    ("layer", "model", "names", "run_layer", "run_check"),
    [
        pytest.param(firing, thermal, ["firing_probability", "next_state"], thermal_layer, thermal_circuit, id="mtj"),
        pytest.param(bank, ecram, ["membrane_step", "path_ohm", "next_poles"], ecram_layer, ecram_circuit, id="ecram"),
        pytest.param(dynamics, signed, ["membrane"], signed_layer, signed_circuit, id="signed"),
    ],
)
def test_the_layer_steps_with_the_function_that_is_checked(
    layer: ModuleType,
    model: ModuleType,
    names: list[str],
    run_layer: Callable[[], None],
    run_check: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: dict[str, int] = {}

    def counted(module: ModuleType, name: str) -> Callable[..., Any]:
        function = getattr(module, name)

        def call(*args: Any, **options: Any) -> Any:
            calls[name] = calls.get(name, 0) + 1
            return function(*args, **options)

        return call

    for name in names:
        assert getattr(layer, name) is getattr(model, name)
    for module, run in ((layer, run_layer), (model, run_check)):
        calls.clear()
        with monkeypatch.context() as patch:
            for name in names:
                patch.setattr(module, name, counted(module, name))
            run()
        assert set(calls) == set(names)


def test_the_signed_layer_has_the_constants_that_are_checked() -> None:
    plan = Plan()
    assert plan.with_well(1.0).neuron == analytic(SignedDesign().device).neuron()
    assert plan.ideal.tau_s == plan.with_well(1.0).neuron.tau_s
