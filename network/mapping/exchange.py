"""Exchange of layers of a network: the one way in which its neurons are replaced."""

from __future__ import annotations

import copy
from collections.abc import Callable

from torch import nn

Make = Callable[[str, nn.Module], nn.Module | None]


def exchange(network: nn.Module, make: Make) -> nn.Module:
    """Replace modules in place; weights and all else stay as they are. A module in several places stays one.

    Args:
        make: called with path and module of every part, an outer one before its inner ones, which are no longer asked
            for where it is replaced; the module in its place, or None to keep it.

    Returns:
        The network; what `make` gave for it, where it is itself exchanged.
    """
    replaced: dict[nn.Module, nn.Module] = {}
    return _exchanged("", network, make, replaced)


def exchanged(network: nn.Module, make: Make) -> nn.Module:
    """A copy of the network with other modules; `make` is called with the copy's."""
    return exchange(copy.deepcopy(network), make)


def _exchanged(path: str, module: nn.Module, make: Make, replaced: dict[nn.Module, nn.Module]) -> nn.Module:
    if module in replaced:
        return replaced[module]
    other = make(path, module)
    replaced[module] = module if other is None else other
    if other is None:
        for name, child in module.named_children():
            setattr(module, name, _exchanged(f"{path}.{name}".lstrip("."), child, make, replaced))
    return replaced[module]
