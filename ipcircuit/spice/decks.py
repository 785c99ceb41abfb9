"""Keeping the decks of failed runs, so that a person can run them by hand."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

import platformdirs

from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic

DECK_FOLDER_VARIABLE = "IPCIRCUIT_DECK_DIR"


def deck_folder() -> Path:
    """Where failed decks go: ``IPCIRCUIT_DECK_DIR``, or a folder in the user's cache."""
    chosen = os.environ.get(DECK_FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    return platformdirs.user_cache_path("ipcircuit") / "decks"


def save_deck(circuit: str, condition: str, deck: str) -> Path | None:
    """Write the deck to a file named for circuit and condition; None when no folder can be written.

    A folder that cannot be written must not hide why the simulation failed.
    """
    digest = hashlib.sha256(f"{circuit}\n{condition}\n{deck}".encode()).hexdigest()[:8]
    name = f"{_slug(circuit)}__{_slug(condition)}__{digest}.cir"
    for folder in (deck_folder(), Path(tempfile.gettempdir()) / f"ipcircuit-decks-{_user()}"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return write_text_atomic(folder / name, deck)
        except (OSError, InputError):
            continue
    return None


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", text).strip("_")[:60] or "unnamed"


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
