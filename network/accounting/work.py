"""Work of a counted network on a digital chip, per sample: as it spikes, and as an ANN of its structure."""

from __future__ import annotations

from energy.inference import Work
from network.accounting.counting.count import NetworkCounts
from network.accounting.counting.events import LayerEvents

GRADED_BITS = {"int8": 8, "fp32": 32}


def spiking_work(counts: NetworkCounts, precision: str = "int8", *, kept: bool = False) -> Work:
    """Work of the network as it was counted, with its spikes and zeros.

    Every spike reads and adds a weight; the state of a neuron is read and written in every step, and sums in between
    are held in registers. A spike is a bit that is written and read, whether it is 0 or 1.

    Args:
        precision: of numbers that are no spikes.
        kept: read each weight no more than once per step.
    """
    bits, total = GRADED_BITS[precision], Work()
    for layer in counts.layers.values():
        most = layer.steps * (layer.parameters or 0) if kept else None
        total += _spiking_layer(layer, bits, most)
    return total + Work(moved_bits=_input_bits(counts, bits, once=False))


def state_work(slots: float) -> Work:
    """Of neurons with a state, `slots` of them times steps: each is read, updated and written in every step."""
    return Work(state_accesses=2.0 * slots, updates=slots)


def _spiking_layer(layer: LayerEvents, bits: int, most_reads: float | None) -> Work:
    each = layer.per_trial
    outputs, states = (layer.outputs or 0) * layer.steps, (layer.states or 0) * layer.steps
    if layer.billing:
        own = 1 if layer.spikes or not layer.nonzero else bits
        updates = each(layer.updates) if layer.states else 0.0
        return Work(state_accesses=2.0 * states, updates=updates, moved_bits=2.0 * outputs * own)
    if layer.form == "activations":
        return Work(moved_bits=2.0 * outputs * bits)
    if layer.form in ("additions", "pooling"):
        return Work(accumulations=each(layer.operations))
    biases, reads = each(layer.biases or 0), each(layer.weight_reads + (layer.biases or 0))
    return Work(
        accumulations=each(layer.effective_acs) + biases,
        products=each(layer.effective_macs),
        weight_reads=reads if most_reads is None else min(reads, most_reads),
        state_accesses=2.0 * states,
    )


def dense_work(counts: NetworkCounts, bits: int, *, passes: int = 1, kept: bool = False) -> Work:
    """Work of an ANN of the same structure, no zero skipped.

    Args:
        bits: of an activation. A product of a real input is priced with as many, which flatters the ANN by less than a
            twentieth of its first layer.
        passes: how often it runs for a sample: once, or in every step where the network needs its time steps.
        kept: read each weight once per pass, as convolutions that keep it in registers approach.
    """
    total = Work(moved_bits=passes * _input_bits(counts, bits, once=True))
    for layer in counts.layers.values():
        share = passes / (max(1, layer.trials) * layer.steps)
        met, biases = (layer.dense or 0) * share, (layer.biases or 0) * share
        if layer.billing or layer.form == "activations":
            total += Work(moved_bits=2.0 * (layer.outputs or 0) * bits * passes)
        elif layer.form in ("additions", "pooling"):
            total += Work(accumulations=met)
        else:
            reads = met + biases
            most = passes * (layer.parameters or 0)
            states = 2.0 * (layer.states or 0) * passes
            total += Work(biases, met, min(reads, most) if kept else reads, states)
    return total


def skipping_work(counts: NetworkCounts, own: NetworkCounts, bits: int) -> Work:
    """Work of a quantised network that skips zeros, as the spiking one does.

    Args:
        counts: of the spiking network. own: of the quantised one, run once over the same samples.
        bits: of an activation.
    """
    dense = dense_work(counts, bits)
    met = sum(layer.per_trial(layer.operations) for layer in own.synapses)
    biases = sum(layer.per_trial(layer.biases or 0) for layer in own.synapses)
    return Work(dense.accumulations, met, met + biases, 0.0, 0.0, dense.moved_bits)


def _input_bits(counts: NetworkCounts, bits: int, *, once: bool) -> float:
    """Bits of the input, written and read: one for each binary input and step, as many as an activation's for their
    mean; a real number has at least 8."""
    first = next(iter(counts.layers.values()), None)
    if first is None:
        return 0.0
    if once:
        return 2.0 * first.units * (bits if first.whole else max(bits, GRADED_BITS["int8"]))
    return 2.0 * first.units * first.steps * (1 if first.whole else bits)
