"""The packages of this distribution must lie beside each other, or a stranger of the same name is imported instead."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ipcircuit.errors import MissingDependencyError

SIBLINGS = ("circuits", "netlists", "energy", "network", "reports")
_HOME = Path(__file__).resolve().parent.parent


def check_siblings(home: Path = _HOME) -> None:
    """Refuse to work with a sibling package that is not ours.

    Raises:
        MissingDependencyError: naming the first intruder and what to do about it.
    """
    for problem in sibling_problems(home).values():
        raise MissingDependencyError(problem)


def sibling_problems(home: Path = _HOME) -> dict[str, str]:
    """Problem with each sibling package that has one, by name. Imports none of them.

    A package called `circuits` is on PyPI, and a folder that one works in can hold one too.

    Args:
        home: the folder that holds `ipcircuit`.
    """
    problems = {name: _problem(name, home) for name in SIBLINGS}
    return {name: problem for name, problem in problems.items() if problem}


def _problem(name: str, home: Path) -> str | None:
    location = _location(name)
    if location is None:
        return f"package {name!r}, a part of ipcircuit, is not installed beside it in {home}; reinstall ipcircuit"
    if location.parent != home:
        return (
            f"package {name!r} at {location} is not ipcircuit's, whose own is {home / name}. It comes first on the "
            f"import path: if it is an installed distribution, remove it (pip uninstall {name}); if it belongs to "
            "the folder you work in, run ipcircuit from another one"
        )
    if any(home.glob(f"{name}-*.dist-info")):  # both in one site-packages: the files are mixed
        return (
            f"the distribution {name!r} is installed in {home} and has overwritten files of ipcircuit's package of that"
            f" name. Remove it (pip uninstall {name}), then pip install --force-reinstall --no-deps ipcircuit"
        )
    return None


def _location(name: str) -> Path | None:
    """Folder (or file) that ``import name`` would read; None if there is none."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve()
    return Path(spec.origin).resolve() if spec.origin else None
