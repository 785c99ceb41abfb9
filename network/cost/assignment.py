"""Which circuit stands for which layer of neurons."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ipcircuit.errors import InputError, nearest
from ipcircuit.families import CIRCUITS
from ipcircuit.loading import is_file_name

DEFAULT = "delay_feedback_lif"
_WHERE = "--neuron"
_MOST_NAMED = 12  # layers in an error


def split_choices(texts: Sequence[str]) -> tuple[str | None, dict[str, str]]:
    """``["comparator", "fc1=signed_mtj"]`` as the circuit of all layers and those of single ones.

    Raises:
        InputError: an unknown circuit, or two for the same layers.
    """
    everywhere: str | None = None
    single: dict[str, str] = {}
    for text in texts:
        layer, equals, circuit = text.partition("=")
        if not equals or is_file_name(layer):
            layer, circuit = "", text
        if not circuit or (equals and not layer and circuit != text):
            raise InputError("not a neuron", where=_WHERE, found=text, allowed="CIRCUIT or LAYER=CIRCUIT")
        CIRCUITS.get(circuit)
        if layer in single or (not layer and everywhere is not None):
            raise InputError(
                "given twice", where=_WHERE, found=text, allowed="one circuit for all layers, one for each"
            )
        if layer:
            single[layer] = circuit
        else:
            everywhere = circuit
    return everywhere, single


def settings_of(circuits: Collection[str], settings: Mapping[str, float | str]) -> dict[str, dict[str, float | str]]:
    """Settings by circuit, of names ``NAME`` for all circuits and ``CIRCUIT.NAME`` for one.

    Raises:
        InputError: a circuit that no layer has.
    """
    found: dict[str, dict[str, float | str]] = {circuit: {} for circuit in circuits} if settings else {}
    for name in sorted(settings, key=lambda name: "." in name):  # those of one circuit last
        circuit, dot, own = name.rpartition(".")
        if dot and circuit not in found:
            allowed = ", ".join(found) or "none: the network has no layer of neurons"
            raise InputError("no layer has this circuit", where=f"--set {name}", found=circuit, allowed=allowed)
        for each in [circuit] if dot else found:
            found[each][own] = settings[name]
    return found


def assign(texts: Sequence[str] | str, own: Mapping[str, str | None]) -> dict[str, str]:
    """Circuit of every layer of neurons.

    A layer that is stated has that circuit; one that is already the compact model of a circuit has that; all others
    have the one that is stated for all layers, by default `DEFAULT`.

    Args:
        texts: as of the option ``--neuron``.
        own: by layer the circuit whose compact model it is; None: it is none.

    Raises:
        InputError: as `split_choices`, or there is no such layer.
    """
    everywhere, single = split_choices([texts] if isinstance(texts, str) else texts)
    for layer in single:
        if layer not in own:
            listed = list(own)[:_MOST_NAMED]
            more = f" and {len(own) - len(listed)} more" if len(own) > len(listed) else ""
            allowed = (", ".join(listed) + more) or "none: the network has no layer of neurons"
            raise InputError(f"unknown layer{nearest(layer, own)}", where=_WHERE, found=layer, allowed=allowed)
    return {layer: single.get(layer) or circuit or everywhere or DEFAULT for layer, circuit in own.items()}
