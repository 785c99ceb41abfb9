"""The transistor models a deck inlines: the project's own 28 nm card, or another library in its place.

Decks are self-contained, so what this module returns is text to paste into a deck, never a `.lib` reference. A file is
read by an allow-list, and the text is written from what was read (`ipcircuit.spice.cards`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from ipcircuit.errors import InputError
from ipcircuit.spice.cards.allowed import INCLUDES
from ipcircuit.spice.cards.devices import CardDevice, found_device, is_transistor
from ipcircuit.spice.cards.grammar import Writer
from ipcircuit.spice.cards.needed import needed
from ipcircuit.spice.cards.source import MAX_DEPTH, FileStates, Reading, Statement, statements, unchanged

CARD_NAME = "netlists/models/cmos28lp.lib"
CORNERS = ("tt", "ff", "ss", "fs", "sf")
#: Models of the project's card, by polarity.
MODEL_NAMES = {"n": "nmos28lp", "p": "pmos28lp"}
_REFERENCE = re.compile(
    r"""\S+\s+(?:"(?P<quoted>[^"]+)"|'(?P<single>[^']+)'|(?P<plain>[^\s"']+))(?:\s+["']?(?P<section>[\w.+-]+)["']?)?"""
)


@dataclass(frozen=True)
class Card:
    """One corner of a library, ready to inline.

    Attributes:
        text: lines without comments, ending in a newline.
        n, p: the two transistors in it.
        unit_m: what ``w=1`` means for them, m.
        subcircuits: names of all subcircuits in it, with whether each is a transistor (ports d g s b, w and l).
    """

    text: str
    n: CardDevice
    p: CardDevice
    unit_m: float = 1.0
    subcircuits: Mapping[str, bool] = field(default_factory=dict)

    def device(self, polarity: str) -> CardDevice:
        """The transistor of polarity ``"n"`` or ``"p"``."""
        return self.n if polarity == "n" else self.p


def model_text(corner: str = "tt", models: Path | None = None) -> str:
    """Model cards of one corner of the project's card (or of a user's file, see `read_card`), ready to inline."""
    return read_card(models, corner).text


def read_card(
    path: Path | None,
    corner: str = "tt",
    *,
    section: str | None = None,
    sections: Mapping[str, str] | None = None,
    names: Mapping[str, str | None] | None = None,
    unit_m: float | None = None,
    root: Path | None = None,
    used: frozenset[str] = frozenset(),
) -> Card:
    """One corner of a library.

    Args:
        path: the file; None: the project's card. Files it includes lie below `root` and are inlined. Without `.lib`
            sections it is all ``"tt"``.
        corner: a name of `sections`; without them any section of the file.
        section: that of the corner; None: of its name.
        sections: section by corner, if the file's own names are others.
        names: by polarity (``"n"``, ``"p"``) the model or subcircuit; None: the only one of its polarity.
        unit_m: what ``w=1`` means, m; None: what ``.option scale`` of the file says, else 1.
        root: None: the file's own folder.
        used: subcircuits of the library that a circuit uses itself. A library whose two transistors have `names` is
            read as far as these and what they use go: a PDK has hundreds of others.

    Raises:
        InputError: unreadable file, unknown corner, what a model file may not hold, no transistor of a polarity or
            several, or one that is no transistor with nodes d g s b and parameters w and l.
    """
    if path is None:
        return _built_in(corner)
    if sections and section is None:
        raise InputError("unknown corner", where=str(path), found=corner, allowed=", ".join(sections))
    key = path, section or corner, tuple((names or {}).items()), unit_m, root, used
    known = _read_before.get(key)
    if known is None or not unchanged(known[1]):
        reading = Reading.below(root or path.parent)
        selected = _select(reading.statements(path), section or corner, str(path))
        lines = list(_expand(selected, reading, 0))
        wanted = [name.lower() for name in (names or {}).values() if name is not None]
        if len(wanted) == len(MODEL_NAMES):
            lines = needed(lines, {*wanted, *used})
        card = _written(lines, str(path), names or {}, unit_m)
        known = _read_before[key] = card, reading.states
    return known[0]


#: Cards and files of the users' libraries read by this process: every deck of a sweep asks for the same.
_read_before: dict[object, tuple[Card, FileStates]] = {}
_sections_before: dict[Path, tuple[tuple[str, ...], FileStates]] = {}


def card_sections(path: Path | None) -> tuple[str, ...]:
    """Names of a library's sections, none where it has none. Raises InputError: unreadable."""
    if path is None:
        return CORNERS
    known = _sections_before.get(path)
    if known is None or not unchanged(known[1]):
        reading = Reading.below(path.parent)
        known = _sections_before[path] = tuple(_sections(reading.statements(path))), reading.states
    return known[0]


@functools.cache
def _built_in(corner: str) -> Card:
    # Not written anew: that would take longer than the rest of a deck, and a test checks that it is the same text.
    selected = _select(list(statements(card_file_text(), CARD_NAME)), corner, CARD_NAME)
    text = "".join("\n+ ".join(line.text for line in statement.lines) + "\n" for statement in selected)
    return Card(text, CardDevice(MODEL_NAMES["n"]), CardDevice(MODEL_NAMES["p"]))


def card_file() -> Traversable:
    """The project's card."""
    return resources.files("netlists").joinpath("models", "cmos28lp.lib")


def card_file_text() -> str:
    """The project's card as it lies on disk, all corners and comments."""
    return card_file().read_text(encoding="utf-8")


def section_text(card: str, corner: str, file: str = CARD_NAME) -> str:
    """One corner of a card given as text; `file` is its name in errors. Raises `InputError` as `read_card` does."""
    return _written(_select(list(statements(card, file)), corner, file), file, {}, None).text


def _select(lines: list[Statement], corner: str, file: str) -> list[Statement]:
    """Statements of section `corner`; all of them if the file has no sections and the corner is ``"tt"``."""
    starts = _sections(lines)
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


def _sections(lines: list[Statement]) -> dict[str, int]:
    """Where each section begins, by its name in lower case: `.lib NAME`; `.lib FILE NAME` is a reference."""
    return {
        line.words[1].strip("'\"").lower(): i
        for i, line in enumerate(lines)
        if line.command == ".lib" and len(line.words) == 2 and len(line.lines) == 1
    }


def included_statements(path: Path, reading: Reading) -> Iterator[Statement]:
    """Statements of a file with those of the files that it includes. Raises InputError as `read_card` does."""
    return _expand(reading.statements(path), reading, 0)


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


def _written(lines: Iterable[Statement], file: str, names: Mapping[str, str | None], unit_m: float | None) -> Card:
    """The statements written anew, and the two transistors among them."""
    kinds = {polarity: f"{polarity}mos" for polarity in MODEL_NAMES}
    required = {(names.get(p) or MODEL_NAMES[p]).lower(): kind for p, kind in kinds.items()}
    card = Writer(required).write(lines)
    n, p = (found_device(card, kind, names.get(polarity), file) for polarity, kind in kinds.items())
    if unit_m is not None and card.scale not in (1.0, unit_m):
        problem = "unit_m is another one than .option scale of the library"
        raise InputError(problem, where=file, found=unit_m, allowed=f"{card.scale:g}, or leave unit_m out")
    subcircuits = {name: is_transistor(subcircuit) for name, subcircuit in card.subcircuits.items()}
    return Card("\n".join(card.lines) + "\n", n, p, unit_m or card.scale, subcircuits)
