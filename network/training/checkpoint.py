"""Checkpoints: everything a run needs to go on exactly where it stopped."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import torch

from ipcircuit.errors import InputError
from ipcircuit.files import write_bytes_atomic
from network.training.settings import Identity, Settings

FORMAT = 1  # raised whenever an older checkpoint could not be taken up any more
_KEYS = {"format", "identity", "settings", "step", "model", "optimizer", "random", "history", "stale"}


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint; the former one is replaced only when the new one is complete. Raises InputError."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **content}, buffer)
    write_bytes_atomic(path, buffer.getvalue())


def load_checkpoint(path: Path | str, *, device: str = "cpu") -> dict[str, Any]:
    """Read a checkpoint.

    Raises:
        InputError: no such file, not a checkpoint, cut short or damaged, or of another format version.
    """
    if not Path(path).is_file():
        raise InputError("no such checkpoint", where=str(path))
    try:
        with zipfile.ZipFile(path) as archive:  # torch.load does not compare the checksums
            damaged = archive.testzip()
        found = torch.load(path, map_location=device, weights_only=True)  # data only: nothing in the file is run
    except Exception as error:  # a damaged file can raise nearly anything
        raise InputError(f"not a checkpoint, or cut short ({type(error).__name__})", where=str(path)) from error
    if damaged is not None:
        raise InputError("damaged checkpoint: a checksum is wrong", where=str(path), found=damaged)
    if not isinstance(found, dict) or not isinstance(found.get("format"), int):
        raise InputError("not a checkpoint of ipcircuit", where=str(path))
    if found["format"] != FORMAT:
        raise InputError("checkpoint of another version", where=str(path), found=found["format"], allowed=str(FORMAT))
    if missing := sorted(_KEYS - set(found)):
        raise InputError(f"incomplete checkpoint: {', '.join(missing)} missing", where=str(path))
    if strange := [name for name in ("identity", "settings", "model") if not isinstance(found[name], dict)]:
        raise InputError(f"not a checkpoint of ipcircuit: {', '.join(strange)} of another kind", where=str(path))
    return found


def check_identity(found: dict[str, Any], identity: Identity, settings: Settings, where: str) -> None:
    """Raise InputError unless a checkpoint belongs to this very run (early stopping may differ)."""
    for name, value in identity.to_json().items():
        if found["identity"].get(name) != value:
            raise InputError(
                f"checkpoint of another {name.replace('_', ' ')}",
                where=where,
                found=found["identity"].get(name),
                allowed=repr(value),
            )
    free = {"patience", "good_enough"}
    for name, value in settings.to_json().items():
        if name not in free and found["settings"].get(name) != value:
            raise InputError(
                f"checkpoint of a run with another {name}",
                where=where,
                found=found["settings"].get(name),
                allowed=repr(value),
            )


def load_weights(model: torch.nn.Module, found: dict[str, Any], where: str) -> None:
    """Put a checkpoint's weights into a model. Raises InputError if they do not fit."""
    try:
        model.load_state_dict(found["model"])
    except RuntimeError as error:
        raise InputError("checkpoint of another model: its weights do not fit", where=where) from error
