"""Energy, area and the accounting around them: cost records, scopes, baselines and comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ipcircuit.api.networks import network_cost

__all__ = ["network_cost"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ipcircuit.api import networks  # joins the floors, and loads them when it is called

    return getattr(networks, name)
