"""One corner of a technology's transistor models as a file, for scripts that write their own decks."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from ipcircuit.files import write_text_atomic
from ipcircuit.spice import cache
from ipcircuit.technology import catalog
from ipcircuit.technology.record import Technology


def card_path(technology: Technology | str | Path = catalog.DEFAULT, corner: str = "tt") -> Path:
    """A file to include in a circuit of plain PySpice or a deck: ``circuit.include(ipcircuit.card_path())``.

    It holds the models of one corner as this project simulates with them, and lies beside the simulation cache. Its
    name changes with its content.

    Args:
        technology: a name of ``ipcircuit list``, a TOML, or a record; `technology.models(corner)` has the names of its
            transistors, which are ``nmos28lp`` and ``pmos28lp`` in lp28.

    Raises:
        InputError: no such technology or corner, or the file cannot be written.
    """
    process = technology if isinstance(technology, Technology) else catalog.technology(technology)
    text = f"* {process.name}, corner {corner}: written by ipcircuit\n{process.models(corner).text}"
    name = f"{process.name}_{corner.lower()}_{hashlib.sha256(text.encode()).hexdigest()[:12]}.lib"
    path = _folder() / name
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_atomic(path, text)
    return path


def _folder() -> Path:
    store = cache.active()
    if store is not None:
        return store.path.parent / "cards"
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"ipcircuit-cards-{user}"
