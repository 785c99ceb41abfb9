"""A network's description for SANA-FE, from a model, a sample and circuits, and its files."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from circuits.events import Event
from energy.event_prices import WORDS
from ipcircuit.errors import InputError
from ipcircuit.files import staged_directory
from network.accounting.price_list import PriceLine
from network.cost.cost import prepared
from network.cost.priced import priced
from network.export.chain import Stage, chain_of
from network.export.sana_fe import LayerEnergy, SanaFe, export

_LOADING = ("dt_s", "steps", "axes", "features", "dialect")
_INPUTS = tuple(WORDS[event] for event in (Event.INPUT, Event.DRIVE, Event.OPERATION))
_MOVED = "moved spikes"


def described(
    model: Any,
    inputs: Any,
    neuron: str | Sequence[str] = (),
    *,
    sample: int = 0,
    scope: str = "circuit",
    **options: Any,
) -> SanaFe:
    """Description of a network with one of its samples.

    Args:
        model, inputs, neuron, options: as of `network.cost.cost.network_cost`.
        sample: its number. scope: of the energies.

    Raises:
        InputError: as there; there is no such sample, an energy was not obtained in that scope, or as
            `network.export.sana_fe.export`.
    """
    network, data = prepared(
        model, inputs, **{k: options.pop(k, None) for k in ("dt_s", "steps", "axes", "features", "dialect")}
    )
    if not 0 <= sample < len(data):
        raise InputError("no such sample", where="--sample", found=sample, allowed=f"0 … {len(data) - 1}")
    data = data.subset(slice(sample, sample + 1))
    chain = chain_of(network, data.inputs[:, 0].to(dtype=next(iter(network.module.parameters())).dtype))
    of = priced(network, data, neuron, place=False, **options)
    energies = {stage.path: _energy(of.lines, stage, scope) for stage in chain.stages}
    moved = next((line.energy_each_J for line in of.lines if line.part == _MOVED), None)
    return export(chain, energies, f"{network.name} on sample {sample} of {data.name}", moved or 0.0)


def _energy(lines: Sequence[PriceLine], stage: Stage, scope: str) -> LayerEnergy:
    """Energies of a layer by SANA-FE's events. Raises InputError."""
    own = [row for row in lines if row.layer == stage.path and row.scope in (scope, None) and row.part != _MOVED]
    if missing := next((row for row in own if row.energy_J is None), None):
        reason = f"the energy was not obtained in the scope {scope}: {missing.reason}"
        raise InputError(reason, where=stage.path, allowed="another --scope")
    spike = math.fsum(row.energy_J or 0.0 for row in own if row.event == WORDS[Event.SPIKE])
    inputs = math.fsum(row.energy_J or 0.0 for row in own if row.event in _INPUTS or row.part == "amplitude source")
    others = math.fsum(row.energy_J or 0.0 for row in own) - inputs - spike
    weights = [row for row in lines if row.layer in stage.before and row.scope in (scope, None)]
    synapses = math.fsum(row.energy_J or 0.0 for row in weights)
    spikes = float(stage.spikes.sum())
    return LayerEnergy(others / stage.spikes.size, spike / spikes if spikes else 0.0, inputs, synapses)


def write(description: SanaFe, folder: Path | str) -> Path:
    """Write ``architecture.yaml``, ``network.yaml`` and ``expected.json``, all or none.

    Raises:
        InputError: the folder cannot be written.
    """
    with staged_directory(folder) as staging:
        (staging / "architecture.yaml").write_text(description.architecture, encoding="utf-8")
        (staging / "network.yaml").write_text(description.network, encoding="utf-8")
        record = json.dumps(description.record(), indent=2, ensure_ascii=False, allow_nan=False)
        (staging / "expected.json").write_text(record + "\n", encoding="utf-8")
    return Path(folder)
