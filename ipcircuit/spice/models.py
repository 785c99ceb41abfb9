"""The transistor models a deck inlines: the project's own 28 nm card, or a user's file in its place.

Decks are self-contained, so what this module returns is text to paste into a deck, never a `.lib` reference. A file is
read by an allow-list, and the text is written from what was read (`ipcircuit.spice.cards`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

from ipcircuit.errors import InputError
from ipcircuit.spice.cards.allowed import INCLUDES
from ipcircuit.spice.cards.grammar import Writer
from ipcircuit.spice.cards.source import MAX_DEPTH, FileStates, Reading, Statement, statements, unchanged

CARD_NAME = "netlists/models/cmos28lp.lib"
CORNERS = ("tt", "ff", "ss", "fs", "sf")
#: Model names that every circuit uses, with the `.model` type each must have.
REQUIRED_MODELS = {"nmos28lp": "nmos", "pmos28lp": "pmos"}
_REFERENCE = re.compile(
    r"""\S+\s+(?:"(?P<quoted>[^"]+)"|'(?P<single>[^']+)'|(?P<plain>[^\s"']+))(?:\s+["']?(?P<section>[\w.+-]+)["']?)?"""
)


def model_text(corner: str = "tt", models: Path | None = None) -> str:
    """Model cards of one corner, ready to inline.

    Args:
        corner: one of `CORNERS` for the project's card; for a user's file any section it has.
        models: a user's file that takes the place of the project's card. It must define the models `nmos28lp` and
            `pmos28lp` (plain or binned); files it includes lie below its folder and are inlined. Without `.lib`
            sections it is all ``"tt"``.

    Returns:
        Lines without comments, ending in a newline.

    Raises:
        InputError: unreadable file, unknown corner, what a model file may not hold, or a required model missing.
    """
    if models is None:
        return _built_in(corner)
    known = _read_before.get((models, corner))
    if known is None or not unchanged(known[1]):
        reading = Reading.of(models)
        selected = _select(reading.statements(models), corner, str(models))
        known = _written(_expand(selected, reading, 0), str(models)), reading.states
        _read_before[models, corner] = known
    return known[0]


#: Text and files of the users' cards read by this process: every deck of a sweep asks for the same.
_read_before: dict[tuple[Path, str], tuple[str, FileStates]] = {}


@functools.cache
def _built_in(corner: str) -> str:
    # Not written anew: that would take longer than the rest of a deck, and a test checks that it is the same text.
    selected = _select(list(statements(card_file_text(), CARD_NAME)), corner, CARD_NAME)
    return "".join("\n+ ".join(line.text for line in statement.lines) + "\n" for statement in selected)


def card_file_text() -> str:
    """The project's card as it lies on disk, all corners and comments."""
    return resources.files("netlists").joinpath("models", "cmos28lp.lib").read_text(encoding="utf-8")


def section_text(card: str, corner: str, file: str = CARD_NAME) -> str:
    """One corner of a card given as text; `file` is its name in errors. Raises `InputError` as `model_text` does."""
    return _written(_select(list(statements(card, file)), corner, file), file)


def _select(lines: list[Statement], corner: str, file: str) -> list[Statement]:
    """Statements of section `corner`; all of them if the file has no sections and the corner is ``"tt"``."""
    starts = {line.words[1].strip("'\"").lower(): i for i, line in enumerate(lines) if _is_section(line)}
    key = corner.lower()
    if key in starts:
        begin = starts[key] + 1
        end = next((i for i in range(begin, len(lines)) if lines[i].command in (".endl", ".endlib")), None)
        if end is None:
            raise lines[begin - 1].error("section without .endl", ".endl at its end", corner)
        return lines[begin:end]
    if starts:
        raise InputError("unknown corner", where=file, found=corner, allowed=", ".join(starts))
    if key == "tt":
        return lines
    allowed = "tt (a file without .lib sections has no other corner)"
    raise InputError("unknown corner", where=file, found=corner, allowed=allowed)


def _is_section(line: Statement) -> bool:
    """True for `.lib NAME` (a section starts); `.lib FILE NAME` is a reference."""
    return line.command == ".lib" and len(line.words) == 2 and len(line.lines) == 1


def _expand(lines: list[Statement], reading: Reading, depth: int) -> Iterator[Statement]:
    """The same statements with `.include FILE` and `.lib FILE SECTION` replaced by what they name."""
    for line in lines:
        if line.command not in INCLUDES:
            yield line
            continue
        match = _REFERENCE.fullmatch(line.text)
        if match is None or (match["section"] is None) == (line.command == ".lib"):
            raise line.error("not a reference to a file", ".include FILE, or .lib FILE SECTION")
        if depth >= MAX_DEPTH:
            raise line.error("files include each other without end", f"{MAX_DEPTH} levels")
        name = match["quoted"] or match["single"] or match["plain"]
        path = reading.included(name, line)
        inner = reading.statements(path, line)
        if match["section"] is not None:
            inner = _select(inner, match["section"], str(path))
        yield from _expand(inner, reading, depth + 1)


def _written(lines: Iterable[Statement], file: str) -> str:
    """The statements written anew, with the required models among them."""
    card = Writer(REQUIRED_MODELS).write(lines)
    missing = [name for name in REQUIRED_MODELS if name not in card.models]
    if missing:
        raise InputError(
            f"required model {' and '.join(missing)} not defined",
            where=file,
            found=", ".join(card.models) or "no .model",
            allowed="a file that defines " + " and ".join(REQUIRED_MODELS),
        )
    return "\n".join(card.lines) + "\n"
