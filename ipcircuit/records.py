"""Records whose fields are checked against their types (pydantic); what does not fit is an `InputError`."""

from __future__ import annotations

import functools
import json
import tomllib
from dataclasses import field
from datetime import date, time
from pathlib import Path, PurePath
from typing import Annotated, Any, TypeVar, dataclass_transform, get_args

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from ipcircuit.bounds import LARGEST_SEED
from ipcircuit.errors import InputError
from ipcircuit.files import read_input

T = TypeVar("T")

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
Name = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]
PositiveCount = Annotated[int, Field(ge=1)]
NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]

_CONFIG = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(kind: type[T]) -> type[T]:
    """Class decorator: a frozen dataclass that raises InputError, naming the field, for a value of another type.

    Numbers are finite, a bool is no number and no text is converted; containers are copied.
    """
    checked = checked_dataclass(frozen=True, config=_CONFIG)(kind)
    construct = checked.__init__

    @functools.wraps(construct)
    def construct_checked(self: Any, *values: Any, **named: Any) -> None:
        try:
            construct(self, *values, **named)
        except ValidationError as error:
            raise input_error(error, kind=checked) from None

    checked.__init__ = construct_checked
    return checked  # pyright: ignore[reportReturnType]


def parse(kind: Any, data: object, where: str) -> Any:
    """`data` (of JSON or TOML) as an object of type `kind`, which may be a record or a container of records.

    Raises:
        InputError: naming `where`, the field, what was found and what is allowed.
    """
    try:
        # As JSON: there a mapping may stand for a record and a list for a tuple, and all else is strict.
        return TypeAdapter(kind).validate_json(json.dumps(data, default=_text), strict=True)
    except ValidationError as error:
        raise input_error(error, where, kind) from None
    except (TypeError, ValueError, RecursionError) as error:  # a key that is no text, a thing that holds itself
        raise InputError(f"not plain data ({type(error).__name__}: {error})", where=where) from None


def _text(value: object) -> str:
    if isinstance(value, date | time | PurePath):  # a datetime is a date
        return str(value)
    raise TypeError(f"a {type(value).__name__}")


def read_toml(path: Any) -> dict[str, Any]:
    """Content of a TOML file (or packaged resource).

    Raises:
        InputError: unreadable, or no TOML; names the file.
    """
    try:
        return tomllib.loads(read_text(path))
    except (ValueError, RecursionError) as error:  # no TOML, or brackets in thousands
        raise InputError(f"cannot read: not TOML: {error}", where=str(path)) from error


def read_json(path: Any) -> Any:
    """Content of a JSON file (or packaged resource). Raises InputError: unreadable, or no JSON; names the file."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"cannot read: not JSON: {error}", where=str(path)) from error


def read_text(path: Any) -> str:
    """A file (or packaged resource) of UTF-8 text. Raises InputError: unreadable, too large, or not such text."""
    source = Path(path) if isinstance(path, str) else path
    try:
        return (read_input(source) if isinstance(source, Path) else source.read_bytes()).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read: {error}", where=str(path)) from error


def input_error(error: ValidationError, where: str = "", kind: Any = None) -> InputError:
    """A validation error as the message a user reads: the first problem, and the number of others."""
    problems = [(p, _location(p["loc"], kind)) for p in error.errors(include_url=False)]
    first, location = problems[0]
    if first["type"] in ("missing", "unexpected_keyword_argument", "extra_forbidden"):
        names = [at[-1] for p, at in problems if p["type"] == first["type"] and at[:-1] == location[:-1]]
        place, listed = _path(where, location[:-1]), ", ".join(map(str, names))
        more = _more(len(problems) - len(names))
        if first["type"] == "missing":
            return InputError(f"missing {listed}{more}", where=place)
        allowed = ", ".join(_fields(kind, location[:-1]))
        return InputError(f"unknown field{more}", where=place, found=listed, allowed=allowed)
    message = first["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    text = f"{message[0].lower()}{message[1:]}{_more(len(problems) - 1)}"
    if first["input"] is None:
        text += "; found None"  # InputError itself leaves out what was not found
    return InputError(
        text, where=_path(where, location), found=None if "Value error" in first["msg"] else first["input"]
    )


def _location(steps: tuple[int | str, ...], kind: Any) -> tuple[int | str, ...]:
    """Steps to a field, with the name in place of the position where the record was built from positions."""
    fields = list(getattr(kind, "__pydantic_fields__", ()))
    return (fields[steps[0]], *steps[1:]) if steps and isinstance(steps[0], int) and fields else steps


def _more(others: int) -> str:
    return f" (and {others} more)" if others else ""


def _path(where: str, location: tuple[int | str, ...]) -> str | None:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".")
    return ": ".join(filter(None, (where, path))) or None


def _fields(kind: Any, location: tuple[int | str, ...]) -> list[str]:
    """Names of the fields at a place within a record; empty where it is none."""
    for step in location:
        fields = getattr(kind, "__pydantic_fields__", {})
        if step in fields:
            kind = fields[step].annotation
        else:
            inner = [argument for argument in get_args(kind) if argument is not Ellipsis]
            kind = inner[-1] if inner else None
    return list(getattr(kind, "__pydantic_fields__", {}))
