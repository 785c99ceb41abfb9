"""Records of runs that state their energies themselves, for models that `network.training` does not train."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from platform import python_version

import torch

from ipcircuit import __version__
from network.experiments.fronts.view import INTEGERS
from network.training.settings import Identity
from network.training.store import RunStore, make_folder, write_versioned

Energies = Mapping[str, Mapping[str, Mapping[str, float]]]  # J by account, scope, precision


def write_untrained(
    store: RunStore,
    identity: Identity,
    scores: Mapping[str, float],
    integers: Mapping[str, float],
    energies: Energies,
    command: str,
) -> None:
    """Record a run in the form of all others, with `energies_J` beside it.

    Args:
        scores, integers: as it is, and in 8-bit integers.

    Raises:
        InputError: the folder cannot be written.
    """
    folder = store.folder / identity.label
    make_folder(folder)
    record = {
        **identity.to_json(),
        **dict.fromkeys(("settings", "steps", "seconds", "layers", "topology")),
        "scores": dict(scores),
        INTEGERS: {"scores": dict(integers)},
        "energies_J": energies,
        "command": command,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"ipcircuit": __version__, "torch": torch.__version__, "python": python_version()},
    }
    write_versioned(folder / "run.json", record)
