"""Checkpoints: everything a run needs to go on exactly where it stopped."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ipcircuit.errors import InputError
from ipcircuit.files import write_bytes_atomic
from ipcircuit.records import Count, NonNegative, parse
from network.data.tensor_file import check_plain, read_saved
from network.training.settings import Identity, Settings, read_settings

FORMAT = 1  # raised whenever an older checkpoint cannot be read any more
_FORMER_NAMES = {"stale": "evaluations_without_gain"}  # in checkpoints written before 2026-12
_TENSORS = ("model", "optimizer", "random")


@dataclass(frozen=True)
class Checkpoint:
    """State of a run after an evaluation; the fields of `network.training.loop.Training` and what continues it."""

    identity: Identity
    settings: Settings
    step: int
    model: dict[str, torch.Tensor]
    optimizer: dict[str, Any]
    random: dict[str, torch.Tensor]
    history: list[dict[str, Any]]
    evaluations_without_gain: int = 0
    seconds: float = 0.0

    def check(self, identity: Identity, settings: Settings, where: str) -> None:
        """Raise InputError unless it belongs to this very run (early stopping and `compiled` may differ)."""
        _compare(self.identity.to_json(), identity.to_json(), "of another", where)
        free = {"patience", "target_score", "compiled"}
        wanted = {name: value for name, value in settings.to_json().items() if name not in free}
        _compare(self.settings.to_json(), wanted, "of a run with another", where)


def _compare(saved: dict[str, Any], wanted: dict[str, Any], relation: str, where: str) -> None:
    for name, value in wanted.items():
        if saved[name] != value:
            label = name if "run" in relation else name.replace("_", " ")
            raise InputError(f"checkpoint {relation} {label}", where=where, found=saved[name], allowed=repr(value))


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; the former one is replaced only when the new one is complete. Raises InputError."""
    content: dict[str, Any] = {
        **vars(checkpoint),
        "identity": checkpoint.identity.to_json(),
        "settings": checkpoint.settings.to_json(),
    }
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **content}, buffer)
    write_bytes_atomic(path, buffer.getvalue())


def load_checkpoint(path: Path | str, *, device: str = "cpu") -> Checkpoint:
    """Read a checkpoint.

    Raises:
        InputError: no such file, not a checkpoint, cut short or damaged, of another format version, or with a field
            that is missing or of another type.
    """
    if not Path(path).exists():
        raise InputError("no such checkpoint", where=str(path))
    content = read_saved(Path(path), "checkpoint", device=device)
    if not isinstance(content, dict) or not isinstance(content.get("format"), int):
        raise InputError("not a checkpoint of ipcircuit", where=str(path))
    if content["format"] != FORMAT:
        raise InputError("checkpoint of another version", where=str(path), found=content["format"], allowed=str(FORMAT))
    named: dict[str, Any] = {_FORMER_NAMES.get(str(name), str(name)): value for name, value in content.items()}
    return _parsed(named, str(path))


def _parsed(content: dict[str, Any], where: str) -> Checkpoint:
    if missing := sorted({"identity", "settings", "step", "history", *_TENSORS} - set(content)):
        raise InputError(f"incomplete checkpoint: {', '.join(missing)} missing", where=where)
    for name in ("identity", "settings", *_TENSORS):
        if not isinstance(content[name], dict):
            raise InputError("not a table", where=f"{where}: {name}", found=type(content[name]).__name__)
    return Checkpoint(
        parse(Identity, content["identity"], f"{where}: identity"),
        read_settings(content["settings"], f"{where}: settings"),
        parse(Count, content["step"], f"{where}: step"),
        _tensors(content["model"], f"{where}: model"),
        content["optimizer"],
        _tensors(content["random"], f"{where}: random"),
        parse(list[dict[str, Any]], content["history"], f"{where}: history"),
        parse(Count, content.get("evaluations_without_gain", 0), f"{where}: evaluations_without_gain"),
        parse(NonNegative, content.get("seconds", 0.0), f"{where}: seconds"),
    )


def _tensors(values: dict[Any, Any], where: str) -> dict[str, torch.Tensor]:
    """A table of plain tensors, each with as many numbers in the file as its shape says. Raises InputError."""
    for name, value in values.items():
        if not isinstance(name, str):
            raise InputError("not a tensor", where=f"{where}: {name}", found=type(value).__name__)
        check_plain(value, f"{where}: {name}")
    return values


def load_weights(model: torch.nn.Module, checkpoint: Checkpoint, where: str) -> None:
    """Put a checkpoint's weights into a model. Raises InputError if they do not fit."""
    wanted = {name: (tuple(value.shape), value.dtype) for name, value in model.state_dict().items()}
    saved = {name: (tuple(value.shape), value.dtype) for name, value in checkpoint.model.items()}
    for name in (*wanted, *saved):
        if wanted.get(name) != saved.get(name):
            raise InputError(
                "checkpoint of another model: its weights do not fit",
                where=f"{where}: model: {name}",
                found=_kind(saved.get(name)),
                allowed=_kind(wanted.get(name)),
            )
    model.load_state_dict(checkpoint.model)


def _kind(kind: tuple[tuple[int, ...], torch.dtype] | None) -> str:
    return "nothing of this name" if kind is None else f"{kind[0]} of {kind[1]}"


def check_optimizer(optimizer: torch.optim.Optimizer, saved: Any, where: str) -> None:
    """Refuse a saved state that is not of this very optimiser and the parameters that it has. Raises InputError."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    try:
        own = optimizer.state_dict()["param_groups"]
        groups, states = list(saved["param_groups"]), dict(saved["state"])
        sound = [group["params"] for group in groups] == [group["params"] for group in own]
        sound &= all(type(group[name]) in (int, float) for group in groups for name in ("lr", "weight_decay", "eps"))
        sound &= set(states) <= set(range(len(parameters)))
        for index, state in states.items():
            for name, value in state.items():
                shapes = ((), parameters[index].shape)
                sound &= isinstance(name, str) and tuple(value.shape) in map(tuple, shapes) and value.is_contiguous()
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"damaged optimiser state ({type(error).__name__}: {error})", where=where) from None
    if not sound:
        raise InputError("optimiser state of another model", where=where)
