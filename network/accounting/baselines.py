"""What else could do a network's job, and what it would spend: on a digital chip, as a quantised ANN, on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from energy.constants import FP32_ADD, FP32_MAC, NODE_SCALE, SRAM_READ
from energy.inference import LEAVES_OUT, STATE_BITS, WEIGHT_BITS, Work, chip_prices, inference_energy
from network.accounting.counting.count import NetworkCounts, count_network
from network.accounting.gpu.structure import energy_of
from network.accounting.work import dense_work, skipping_work, spiking_work
from network.answers.score import Score
from network.answers.tuning import Tuning
from network.foreign.inputs import Samples
from network.foreign.network import LoadedNetwork
from network.quantised.training import QuantisedAnn, at_once, quantised_ann, why_not

Row = dict[str, Any]
_TABLE = f"{SRAM_READ.source}; 28 nm by the assumed factor {NODE_SCALE.value:.3f}"
_INTEGERS = f"{WEIGHT_BITS.value:.0f}-bit weights, membranes of {STATE_BITS.value:.0f} bits (assumed)"
_NO_MEMORY = "all of memory: weights, membranes, activations; and control, clock, leakage"
_NOT_TRAINED = "accuracy not obtained: not trained"
_NO_GPU = "not obtained: measure it on an NVIDIA GPU with ipcircuit gpu-energy --model MODEL --input DATA -o FILE.json"


def network_baselines(
    network: LoadedNetwork,
    samples: Samples,
    counts: NetworkCounts | None = None,
    *,
    tuning: Tuning | None = None,
    gpu: Path | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Row]:
    """All baselines of a network on samples; the quantised ANN is fine-tuned on a part of them.

    Args:
        network: spiking, or not. samples: with targets where they are known.
        counts: of this network on these samples; by default counted here.
        tuning: of the quantised ANN.
        gpu: a file of ``ipcircuit gpu-energy --input``; None: the row says how to measure.
        progress: of the fine-tuning.

    Returns:
        Rows of `baselines`.

    Raises:
        InputError: inputs that the network does not take, or a file that is none, or of another network.
    """
    measured = [] if gpu is None else _measured(gpu, network, samples)
    counted = counts or count_network(network, samples.inputs)
    ann = quantised_ann(network, samples.inputs, samples.targets, tuning, progress)
    own = None if ann.network is None else count_network(ann.network, at_once(samples.inputs))
    spiking = any(neuron.spiking for neuron in network.neurons().values())
    return baselines(counted, ann, own, measured, once=why_not(network) is None, spiking=spiking)


def baselines(
    counts: NetworkCounts,
    ann: QuantisedAnn,
    ann_counts: NetworkCounts | None,
    measured: Sequence[Row] = (),
    *,
    once: bool = True,
    spiking: bool = True,
) -> list[Row]:
    """Rows of all baselines.

    Args:
        counts: of the network. ann: its quantised counterpart, or why there is none. ann_counts: of that.
        measured: rows of a GPU.
        once: whether an ANN of this structure runs once per sample; else in every time step.
        spiking: whether the network spikes.

    Returns:
        Rows with `system`, `basis`, `scope` (None), `precision`, `energy_per_sample_J` (None: not obtained, for the
        `reason`), `energy_45nm_J`, `least_J` (with weights kept in registers as far as can be), `parts_J` (operations,
        weights, states, activations), `work` and `activation_bits` that these are the energy of, `counts_memory`,
        `leaves_out`, `source`, `score` (accuracy or agreement with its interval; None: not obtained), `equal_accuracy`
        (whether as good as the spiking network; None: not known) and `reason` (what to know of it).
    """
    name, passes = "SNN" if spiking else "network", 1 if once else counts.steps
    rows = [
        _digital(
            f"{name}, digital {precision}",
            spiking_work(counts, precision),
            spiking_work(counts, precision, kept=True),
            precision,
            counts=counts,
            score=score,
            source=f"{_TABLE}; {_INTEGERS}" if precision == "int8" else _TABLE,
        )
        for precision, score in (("int8", ann.spiking_integer), ("fp32", ann.spiking))
    ]
    if spiking:
        rows += _quantised(counts, ann, ann_counts, once=once)
    for precision, bits in (("int8", 8), ("fp32", 32)):
        dense, kept = dense_work(counts, bits, passes=passes), dense_work(counts, bits, passes=passes, kept=True)
        reason = _NOT_TRAINED if once else f"{_NOT_TRAINED}; it runs in each of {counts.steps} time steps"
        rows.append(_digital(f"ANN, digital {precision}", dense, kept, precision, counts=counts, reason=reason))
    rows += _without_memory(counts, name, passes)
    return [*rows, *(_gpu(row) for row in measured)] if measured else [*rows, _row("GPU", "measured", reason=_NO_GPU)]


def _quantised(counts: NetworkCounts, ann: QuantisedAnn, own: NetworkCounts | None, *, once: bool) -> list[Row]:
    """The quantised ANN that skips zeros, as the spiking network does, and the one that does not."""
    name = f"quantised ANN, {ann.bits}-bit activations"
    if not once:
        return [_row(name, "assumed", reason=ann.reason)]
    prices: dict[str, Any] = {"counts": counts, "score": ann.score, "activation": ann.bits, "reason": ann.reason}
    prices |= {"equal": ann.equal if ann.score else None, "source": f"{_TABLE}; {_INTEGERS}; arXiv 2409.08290"}
    every, kept = dense_work(counts, ann.bits), dense_work(counts, ann.bits, kept=True)
    dense = _digital(f"{name}, dense", every, kept, "int8", **prices)
    if own is None:
        return [_row(name, "assumed", reason=ann.reason), dense]
    skipped = skipping_work(counts, own, ann.bits)
    return [_digital(name, skipped, None, "int8", **prices), dense]


def _without_memory(counts: NetworkCounts, name: str, passes: int) -> list[Row]:
    """The figure that papers quote: additions and products at 45 nm, nothing else."""
    add, mac = FP32_ADD.value, FP32_MAC.value
    synapses = counts.synapses
    acs, macs = (sum(e.per_trial(getattr(e, key)) for e in synapses) for key in ("effective_acs", "effective_macs"))
    dense = sum((e.dense or 0) * passes / (max(1, e.trials) * e.steps) for e in synapses)
    known: Row = {"precision": "fp32", "leaves_out": _NO_MEMORY, "source": FP32_MAC.source, "counts_memory": False}
    figures = {
        f"{name} at 0.9 pJ per AC, 4.6 pJ per MAC": acs * add + macs * mac,
        "ANN at 4.6 pJ per MAC": dense * mac,
    }
    return [
        _row(system, "published", energy_per_sample_J=energy, energy_45nm_J=energy, **known)
        for system, energy in figures.items()
    ]


def _digital(
    system: str,
    work: Work,
    kept: Work | None,
    precision: str,
    *,
    counts: NetworkCounts,
    activation: int = 8,
    score: Score | None = None,
    equal: bool | None = None,
    reason: str = "",
    source: str = _TABLE,
) -> Row:
    prices = chip_prices(precision, activation)
    estimate = inference_energy(work, prices)
    missing = [f"{one.path or 'the network'} ({one.reason})" for one in counts.not_counted]
    return _row(
        system,
        "assumed",
        precision=precision,
        energy_per_sample_J=estimate.energy_28nm_J,
        energy_45nm_J=estimate.energy_45nm_J,
        least_J=None if kept is None else inference_energy(kept, prices).energy_28nm_J,
        parts_J=estimate.parts_28nm_J,
        work=asdict(work),
        activation_bits=activation,
        leaves_out="; ".join([LEAVES_OUT, *missing]),
        source=source,
        score=None if score is None else score.to_json(),
        equal_accuracy=equal,
        reason=reason,
    )


def _measured(gpu: Path | str, network: LoadedNetwork, samples: Samples) -> list[Row]:
    energy, remark = energy_of(gpu, network, samples.inputs)
    return [{**row, "reason": remark} for row in energy.baseline_rows(Path(gpu).name)]


def _gpu(row: Row) -> Row:
    """A measured row in this form."""
    known = {key: row[key] for key in ("energy_per_sample_J", "leaves_out", "source", "conditions")}
    ends = {key: row[key] for key in ("energy_low_J", "energy_high_J")}
    precision, reason = row["conditions"]["precision"], row.get("reason", "")
    return _row(row["system"], row["basis"], precision=precision, reason=reason, **known, **ends)


def _row(system: str, basis: str, **known: Any) -> Row:
    empty: Row = {
        "system": system,
        "basis": basis,
        "scope": None,
        "precision": None,
        "energy_per_sample_J": None,
        "energy_45nm_J": None,
        "least_J": None,
        "parts_J": None,
        "work": None,
        "activation_bits": None,
        "counts_memory": True,
        "leaves_out": "",
        "source": "",
        "score": None,
        "equal_accuracy": None,
        "reason": "",
    }
    return empty | known


def fair(rows: Sequence[Row]) -> list[Row]:
    """Rows that may be called better than the network: with an energy that counts memory, and no worse accuracy."""
    return [
        row
        for row in rows
        if row["energy_per_sample_J"] is not None and row["counts_memory"] and row["equal_accuracy"] is not False
    ]
