"""Python objects that are named by text: ``module:attribute`` of a plug-in, ``file.py:NAME`` of a user."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from ipcircuit.errors import InputError

_FILES: set[str] = set()  # of users, that this process has imported
_FRAME = re.compile(r'File "(.+?)", line (\d+)')  # of a traceback's text


def is_file_name(name: str) -> bool:
    """Whether a name means a Python file: ``x.py`` or ``x.py:NAME``."""
    return name.endswith(".py") or ".py:" in name


def is_description(name: str) -> bool:
    """Whether a name means a TOML."""
    return name.endswith(".toml")


def split_file_name(name: str, default: str) -> tuple[Path, str]:
    """Path and attribute of ``x.py`` or ``x.py:NAME``.

    Raises:
        InputError: the file does not exist, or NAME is not a Python name.
    """
    file, _, attribute = (name, "", default) if name.endswith(".py") else name.rpartition(":")
    try:
        path = Path(file).expanduser().resolve()
        exists = path.is_file()
    except (OSError, RuntimeError, ValueError):  # a name too long, no home of this user, a zero byte
        path, exists = Path(file), False
    if not exists:
        raise InputError("no such file", where=name, found=file, allowed="a Python file, path/to/file.py:NAME")
    if not attribute.isidentifier():
        raise InputError("not a Python name", where=name, found=attribute, allowed="path/to/file.py:NAME")
    return path, attribute


def load_file(path: Path, attribute: str) -> Any:
    """Import a Python file on its own and return one of its objects.

    The module gets a name of its own (dataclasses and pickle look modules up by name), derived from the path, so that
    two files of the same name do not meet. The same file is imported once.

    Raises:
        InputError: the file fails, or has no such object.
    """
    name = f"ipcircuit_file_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    module = sys.modules.get(name) or _import_file(name, path)
    try:
        return getattr(module, attribute)
    except AttributeError:
        constants = sorted(key for key in vars(module) if key.isupper() and not key.startswith("_"))
        allowed = ", ".join(f"{path.name}:{key}" for key in constants) or "an object with a name in capitals"
        raise InputError("no such object in the file", where=str(path), found=attribute, allowed=allowed) from None


def _import_file(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:  # cannot be: the name ends in .py
        raise InputError("not a Python file", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    _FILES.add(str(path))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a file that leaves the program is no end of ours
        del sys.modules[name]
        raise InputError(f"cannot be loaded: {problem(error)}", where=place(error) or str(path)) from error
    return module


def users_modules() -> list[ModuleType]:
    """Modules of the users' files that this process has loaded, which no other process can import."""
    return [module for module in list(sys.modules.values()) if getattr(module, "__file__", None) in _FILES]


def place(error: BaseException) -> str | None:
    """``file.py:12``, the innermost line of a user's file that an error passed through; None if it passed none.

    An error that comes from another process is told by the text of its traceback there.
    """
    if isinstance(error, SyntaxError) and error.filename in _FILES:
        return f"{error.filename}:{error.lineno}"
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    frames += [(file, int(line)) for file, line in _FRAME.findall(str(error.__cause__ or ""))]
    lines = [f"{file}:{line}" for file, line in frames if file in _FILES]
    return lines[-1] if lines else None


def problem(error: BaseException) -> str:
    """An exception in one line."""
    if isinstance(error, SystemExit):
        return f"leaves the program (SystemExit: {error.code})"
    return ": ".join(filter(None, (type(error).__name__, str(error))))


def module_file(module: str) -> Path | None:
    """Source file of a module, found without importing it or its parents; None if there is none."""
    top, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin else None
    for folder in spec.submodule_search_locations or ():
        base = Path(folder).joinpath(*rest)
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


def target_error(target: str) -> str | None:
    """What is wrong with ``module:attribute`` as far as reading its file shows; None where nothing is.

    Only reads the file, so that a plug-in that is slow or broken costs a listing nothing.
    """
    module, _, attribute = target.partition(":")
    if not attribute:
        return f"{target!r} names no object; allowed: module:NAME"
    file = module_file(module)
    if file is None:
        return f"module {module!r} is not installed"
    if file.suffix != ".py":
        return None
    try:
        compile(file.read_text(encoding="utf-8"), str(file), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OSError) as error:
        return f"{file} cannot be read as Python: {error}"
    return None
