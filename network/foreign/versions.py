"""Versions of the tools whose neurons a network has, against those that the adapters were checked with."""

from __future__ import annotations

import sys
import warnings
from importlib import metadata

from torch import nn

from ipcircuit.errors import InputError
from network.foreign import neurons
from network.foreign.adapters.adapter import Adapter


def check_versions(module: nn.Module, where: str) -> None:
    """Warn of another minor version of a tool, or of one that cannot be told; refuse another major version.

    Raises InputError: a major version that the adapter does not know, whose neurons may compute something else.
    """
    for adapter in _adapters(module):
        version = installed(adapter.framework)
        if version is not None and version.startswith(tuple(f"{known}." for known in adapter.tested)):
            continue
        tested = ", ".join(f"{known}.x" for known in adapter.tested)
        majors = {known.split(".")[0] for known in adapter.tested}
        if version is not None and version.split(".")[0] not in majors:
            problem = f"{adapter.framework} of an unknown version"
            raise InputError(problem, where=where, found=version, allowed=f"{tested}, or the network as a NIR file")
        warnings.warn(
            f"{where}: {adapter.framework} {version or 'of unknown version'}: its neurons were checked with {tested}",
            stacklevel=3,
        )


def _adapters(module: nn.Module) -> list[Adapter]:
    """Of the tools with versions whose neurons are in the network, each once."""
    known = {
        adapter.framework: adapter
        for part in module.modules()
        if (adapter := neurons.adapter_of(part)) is not None and adapter.tested
    }
    return list(known.values())


def installed(package: str) -> str | None:
    """Version of an installed package, or that which its module states; None where neither is known."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        stated = getattr(sys.modules.get(package), "__version__", None)
        return stated if isinstance(stated, str) else None
