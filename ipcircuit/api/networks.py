"""What a spiking network costs, from Python: `ipcircuit.network_cost`, which is also `energy.network_cost`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from network.cost.result import NetworkCost


def network_cost(model: Any, inputs: Any, neuron: str | Sequence[str] = (), **options: Any) -> NetworkCost:
    """Energy of a spiking network per sample, with whether its neurons may stand there and what others would spend.

    Args:
        model: a torch module with neurons of SpikingJelly, snnTorch, Norse or ours, or a name as on the command line: a
            NIR file, ``"file.py:MODEL"``.
        inputs: a tensor (time, batch, *features), the same with targets ``(inputs, targets)``, or a name as on the
            command line.
        neuron: a circuit for all layers, or several of ``"CIRCUIT"`` and ``"LAYER=CIRCUIT"``.
        options: of `network.cost.cost.network_cost`.

    Raises:
        InputError: as `network.cost.cost.network_cost`.
    """
    from network.cost.cost import network_cost as compute

    return compute(model, inputs, neuron, **options)
