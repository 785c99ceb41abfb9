"""Networks that a text names: a Python file's module, a NIR file, or a run of `ipcircuit train`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ipcircuit.errors import InputError
from ipcircuit.loading import is_file_name, load_file, place, problem, split_file_name
from network.foreign.network import LoadedNetwork
from network.foreign.versions import check_versions

NIR_FILES = (".nir", ".h5", ".hdf5")
ALLOWED = "file.py:MODEL, a NIR file (.nir, .h5), or a checkpoint.pt of `ipcircuit train` or its folder"
MOST_PARAMETERS = 2**31


def load_network(
    text: str,
    *,
    dt_s: float | None = None,
    seed: int = 0,
    data: Path | None = None,
    dialect: str | None = None,
) -> LoadedNetwork:
    """The network that a text names, in evaluation mode.

    Args:
        text: ``file.py:MODEL``, a torch module or a function without arguments (or class) that makes one; a NIR file;
            or a checkpoint of `ipcircuit train`, or the run's folder.
        dt_s: length of a time step, in seconds: what a NIR file is computed with.
        seed: of weights that the file draws, and of what layers draw when they run.
        data: folder of the data set of a checkpoint's task.
        dialect: of a NIR file, the tool that wrote it: see `network.foreign.nir.dialects`.

    Raises:
        InputError: nothing of these; a file that fails or makes no module; a tool of an unknown version; a NIR node
            that has no counterpart; or a damaged file.
        MissingDependencyError: a NIR file without the extra `networks`.
    """
    if is_file_name(text):
        return _from_python(text, dt_s, seed)
    path = Path(text).expanduser()
    if path.suffix in NIR_FILES:
        from network.foreign.nir.module import load_nir

        return load_nir(path, dt_s=dt_s, dialect=dialect, seed=seed)
    if path.is_dir() and (path / "checkpoint.pt").is_file():
        path /= "checkpoint.pt"
    if path.suffix != ".pt" or not path.is_file():
        raise InputError("no such network", where="MODEL", found=text, allowed=ALLOWED)
    return _from_run(path, dt_s, seed, data)


def as_network(model: Any, *, dt_s: float | None = None, seed: int = 0, dialect: str | None = None) -> LoadedNetwork:
    """A network from Python: a text or path for `load_network`, a module, a graph of the package `nir`, or one that is
    loaded already. Raises as `load_network`."""
    if isinstance(model, LoadedNetwork):
        return model
    if isinstance(model, str | Path):
        return load_network(str(model), dt_s=dt_s, seed=seed, dialect=dialect)
    if type(model).__module__.startswith("nir."):
        from network.foreign.nir.module import load_nir

        return load_nir(model, dt_s=dt_s, seed=seed, dialect=dialect)
    name = type(model).__name__
    network = LoadedNetwork(name, name, checked_size(model, name), dt_s=dt_s, seed=seed)
    check_versions(network.module, name)
    return network


def _from_python(text: str, dt_s: float | None, seed: int) -> LoadedNetwork:
    path, attribute = split_file_name(text, "MODEL")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = load_file(path, attribute)
        if not isinstance(module, nn.Module) and callable(module):
            module = _made(module, text)
    where = f"{path.name}:{attribute}"
    network = LoadedNetwork(where, str(path), checked_size(module, text), dt_s=dt_s, seed=seed)
    check_versions(network.module, text)
    return network


def _made(make: Any, text: str) -> Any:
    """What a user's function or class makes."""
    try:
        inspect.signature(make).bind()
    except TypeError as error:
        problem_ = f"cannot be called without arguments ({error})"
        raise InputError(problem_, where=text, allowed="a torch.nn.Module, or a function that makes one") from None
    except ValueError:  # no signature is known
        pass
    try:
        return make()
    except Exception as error:  # a user's function may raise anything
        raise InputError(f"fails: {problem(error)}", where=place(error) or text) from error


def checked_size(module: Any, where: str) -> Any:
    """The module, unless its parameters are more than a machine holds; what is no module is left to `LoadedNetwork`."""
    if isinstance(module, nn.Module):
        count = sum(parameter.numel() for parameter in module.parameters())
        if count > MOST_PARAMETERS:
            raise InputError("too many parameters", where=where, found=count, allowed=f"up to {MOST_PARAMETERS}")
    return module


def _from_run(path: Path, dt_s: float | None, seed: int, data: Path | None) -> LoadedNetwork:
    from network.training.experiment import restored_run

    run = restored_run(str(path), data=data)
    name = f"{run.identity.model} on {run.identity.task}"
    return LoadedNetwork(name, str(path), run.model, dt_s=dt_s, seed=seed, feed="whole")
