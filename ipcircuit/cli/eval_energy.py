"""Energy of a trial of a trained network, from circuits that are simulated for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ipcircuit.cli import console

if TYPE_CHECKING:
    from energy.cost import NeuronCost
    from ipcircuit.cli.progress import Progress
    from ipcircuit.devices.parameter_file import ParameterFile
    from ipcircuit.technology.record import Technology


@dataclass(frozen=True)
class TrialBill:
    """How the energy of a trial is counted.

    Attributes:
        lif: circuit of LIF neurons; None: that of the layer.
        storage: of frames of events that are replayed; None: by network.
        technology: of the circuits; None: their own.
        jobs: worker processes.
        copies: random ones of each circuit, of `seed`, for intervals of the energy; None: none.
    """

    lif: str | None
    storage: str | None
    technology: Technology | None
    jobs: int | None
    copies: int | None = None
    seed: int = 0

    def energy(self, result: Mapping[str, Any], device: ParameterFile | None, *, bars: bool = True) -> dict[str, Any]:
        """Energy per trial, from freshly simulated circuits; a network without neurons needs none.

        Args:
            result: of `network.training.experiment.evaluate_checkpoint`.
            device: parameters of the circuits' device.
            bars: show the progress of simulations.
        """
        from energy.buffer import buffer_energy
        from network.accounting.balance import frame_buffer
        from network.accounting.trial import trial_energy
        from network.models.memory import LSTM
        from network.training.experiment import make_task

        identity, layers, network = (result[key] for key in ("identity", "layers", "network"))
        task = make_task(identity["task"], identity["task_options"])
        costs = {}
        for name, layer in layers.items():
            if layer.billing is not None:
                foreign = layer.billing.circuit is None
                chosen = (self.lif if layer.kind == "lif" or foreign else None) or layer.billing.circuit
                if chosen is None:  # another tool's neuron, and no circuit named for it: its energy is not obtained
                    continue
                cost = self._shown_cost if bars else self._cost
                costs[name] = cost(chosen, layer.amplitude_V, device)
        digital = all(layer.billing is None for layer in layers.values())
        lstm = network if digital else LSTM.builder(task)() if task.form == LSTM.form else None
        fading = any(layer.part == "memory" for layer in layers.values())  # a digital memory waits for the next frame
        storage = self.storage or ("bitmap" if task.events and fading else "none")
        buffer = None if storage == "none" else buffer_energy(frame_buffer(layers, storage))
        return trial_energy(layers, costs, lstm, is_lstm=digital, buffer=buffer)

    def _shown_cost(self, circuit: str, amplitude_V: float | None, device: ParameterFile | None) -> NeuronCost:
        with console.progress_bar(f"characterizing {circuit}") as progress:
            return self._cost(circuit, amplitude_V, device, progress)

    def _cost(
        self,
        circuit: str,
        amplitude_V: float | None,
        device: ParameterFile | None,
        progress: Progress | None = None,
    ) -> NeuronCost:
        """A circuit's cost record; that of an MTJ neuron for the amplitude of a layer's own pulses."""
        from energy.characterize import configured_at, cost_at
        from energy.variation.montecarlo.montecarlo import monte_carlo

        if self.copies is None:
            return cost_at(
                circuit, amplitude_V, technology=self.technology, device=device, n_jobs=self.jobs, progress=progress
            )
        testbench = configured_at(circuit, amplitude_V, technology=self.technology, device=device)
        return monte_carlo(testbench, self.copies, self.seed, n_jobs=self.jobs, progress=progress).cost
