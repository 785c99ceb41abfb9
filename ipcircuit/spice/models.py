"""The transistor models a deck inlines: the project's own 28 nm card, or a user's file in its place.

Decks are self-contained, so what this module returns is text to paste into a deck, never a `.lib` reference.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from ipcircuit.errors import InputError
from ipcircuit.spice.netlist import command, numbered_lines

CARD_NAME = "netlists/models/cmos28lp.lib"
CORNERS = ("tt", "ff", "ss", "fs", "sf")
#: Model names that every circuit uses, with the `.model` type each must have.
REQUIRED_MODELS = {"nmos28lp": "nmos", "pmos28lp": "pmos"}
#: `.model` types of ngspice 39 that a model file may hold.
DEVICE_TYPES = (
    *("r", "c", "l", "d", "npn", "pnp", "njf", "pjf", "nmf", "pmf", "nhfet", "phfet", "nmos", "pmos", "vdmos"),
    *("sw", "csw", "urc", "ltra", "txl", "cpl"),
)
_MAX_DEPTH = 16


@dataclass(frozen=True)
class Line:
    """One line of a model file with the place it came from."""

    text: str
    file: str
    number: int

    @property
    def words(self) -> list[str]:
        return self.text.split()

    @property
    def command(self) -> str:
        """First word in lower case."""
        return command(self.text)

    @property
    def where(self) -> str:
        return f"{self.file}, line {self.number}"


def model_text(corner: str = "tt", models: Path | None = None) -> str:
    """Model cards of one corner, ready to inline.

    Args:
        corner: one of `CORNERS` for the project's card; for a user's file any section it has.
        models: a user's file that takes the place of the project's card. It must define the models `nmos28lp` and
            `pmos28lp` (plain or binned); files it includes are inlined. Without `.lib` sections it is all ``"tt"``.

    Returns:
        Lines without comments, ending in a newline.

    Raises:
        InputError: unreadable file, unknown corner, a `.model` of unknown type, or a required model missing.
    """
    if models is None:
        return _built_in(corner)
    lines = _select(_read(models), corner, str(models))
    lines = list(_expand(lines, Path(models).parent, 0))
    _check(lines, str(models))
    return "\n".join(line.text for line in lines) + "\n"


@functools.cache
def _built_in(corner: str) -> str:
    return section_text(card_file_text(), corner)


def card_file_text() -> str:
    """The project's card as it lies on disk, all corners and comments."""
    return resources.files("netlists").joinpath("models", "cmos28lp.lib").read_text(encoding="utf-8")


def section_text(card: str, corner: str, file: str = CARD_NAME) -> str:
    """One corner of a card given as text; `file` is its name in errors. Raises `InputError` as `model_text` does."""
    lines = _select(_number_lines(card, file), corner, file)
    _check(lines, file)
    return "\n".join(line.text for line in lines) + "\n"


def _number_lines(text: str, file: str) -> list[Line]:
    """Lines that carry meaning: comments, blanks and `.end` dropped, numbers kept."""
    lines = (Line(raw, file, number) for number, raw in numbered_lines(text))
    return [line for line in lines if line.command != ".end"]


def _read(path: Path) -> list[Line]:
    try:
        # Latin-1 decodes any byte: foundry files carry such characters in comments, and SPICE itself is ASCII.
        text = Path(path).read_bytes().decode("latin-1")
    except OSError as error:
        raise InputError(f"cannot read the model file: {error.strerror or error}", where=str(path)) from error
    if "\0" in text:
        raise InputError("not a text file", where=str(path), allowed="a SPICE model file")
    return _number_lines(text, str(path))


def _select(lines: list[Line], corner: str, file: str) -> list[Line]:
    """Lines of section `corner`; all lines if the file has no sections and the corner is ``"tt"``."""
    starts = {line.words[1].strip("'\"").lower(): i for i, line in enumerate(lines) if _is_section(line)}
    key = corner.lower()
    if key in starts:
        begin = starts[key] + 1
        end = next((i for i in range(begin, len(lines)) if lines[i].command in (".endl", ".endlib")), None)
        if end is None:
            raise InputError("section without .endl", where=lines[begin - 1].where, found=corner)
        return lines[begin:end]
    if starts:
        raise InputError("unknown corner", where=file, found=corner, allowed=", ".join(starts))
    if key == "tt":
        return lines
    allowed = "tt (a file without .lib sections has no other corner)"
    raise InputError("unknown corner", where=file, found=corner, allowed=allowed)


def _is_section(line: Line) -> bool:
    """True for `.lib NAME` (a section starts); `.lib FILE NAME` is a reference."""
    return line.command == ".lib" and len(line.words) == 2


def _expand(lines: list[Line], folder: Path, depth: int) -> Iterator[Line]:
    """The same lines with `.include FILE` and `.lib FILE SECTION` replaced by what they name, relative to `folder`."""
    for line in lines:
        match = re.match(
            r"""\s*\.(inc|include|lib)\s+(?:"([^"]*)"|'([^']*)'|(\S+))\s*(\S*)""", line.text, re.IGNORECASE
        )
        if match is None:
            yield line
            continue
        if depth >= _MAX_DEPTH:
            raise InputError("files include each other without end", where=line.where)
        path = folder / next(part for part in match.group(2, 3, 4) if part is not None)
        inner = _read(path)
        if match.group(1).lower() == "lib":
            inner = _select(inner, match.group(5), str(path))
        yield from _expand(inner, path.parent, depth + 1)


def _check(lines: list[Line], file: str) -> None:
    """Every `.model` has a known type and the required models exist with the right one."""
    kinds: dict[str, str] = {}
    for line in lines:
        if line.command != ".model":
            continue
        words = re.split(r"[\s()]+", line.text.strip())
        if len(words) < 3:
            raise InputError(
                ".model without a name or type", where=line.where, found=line.text, allowed=".model NAME TYPE …"
            )
        name, kind = words[1].lower(), words[2].lower()
        if kind not in DEVICE_TYPES:
            raise InputError(
                f"model {name!r} is of an unknown device type",
                where=line.where,
                found=words[2],
                allowed=", ".join(DEVICE_TYPES),
            )
        base = re.sub(r"\.\d+$", "", name)
        if REQUIRED_MODELS.get(base, kind) != kind:
            raise InputError(
                f"model {name!r} has the wrong type", where=line.where, found=words[2], allowed=REQUIRED_MODELS[base]
            )
        kinds[base] = kind
    missing = [name for name in REQUIRED_MODELS if name not in kinds]
    if missing:
        raise InputError(
            f"required model {' and '.join(missing)} not defined",
            where=file,
            found=", ".join(kinds) or "no .model",
            allowed="a file that defines " + " and ".join(REQUIRED_MODELS),
        )
