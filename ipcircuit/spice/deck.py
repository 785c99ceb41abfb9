"""The request that a deck makes to a worker: its analysis, the end of its axis, the signals to save."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ipcircuit.errors import InputError
from ipcircuit.spice.expressions import number
from ipcircuit.spice.netlist import statements
from ipcircuit.spice.protocol import Request
from ipcircuit.spice.transient import signal_name

#: Statements of a deck. ngspice takes many others, and words that merely begin alike, and runs what they say.
STATEMENTS = frozenset(
    (
        *(".tran", ".dc", ".model", ".param", ".func", ".subckt", ".ends", ".if", ".elseif", ".else", ".endif", ".end"),
        *(".ic", ".nodeset", ".option", ".options", ".temp", ".save", ".meas", ".measure", ".global"),
        *(".include", ".inc", ".lib", ".endl"),
    )
)
# `*#` and `*ng_script` make commands of comments; ngspice takes some control characters for blanks.
_SCRIPT, _COMMAND = "*ng", "*#"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PROCESS_WIDE = re.compile(r"\binterp\b")


def request(deck: str, save: Iterable[str] = (), time_limit_s: float = 60.0) -> Request:
    """Request to a worker, made from deck text.

    Args:
        deck: complete text: title line, circuit, one ``.tran`` or ``.dc``, ``.end``.
        save: signals to return, as node ``out``, ``i(vdd)`` or device value ``@m1[id]``; empty for all.

    Raises:
        InputError: no analysis or several, or a statement that is not of `STATEMENTS`, such as a ``.control`` block
            (commands belong to ``ngspice -b``).
    """
    if hidden := _hidden_command(deck):
        raise InputError("the deck has a command in a comment, or a control character", where="deck", found=hidden)
    title, *rest = deck.splitlines() or [""]
    lines = (title.strip() or "untitled", *(line for line in rest if line.strip()))
    commands = [line.lower().split() for line in statements(lines, title=True) if line.startswith(".")]
    analyses = [words for words in commands if words[0] in (".tran", ".dc")]
    if any(words[0] == ".control" for words in commands):
        raise InputError("the deck has a .control block", where="deck", allowed="dot statements only")
    if other := next((words[0] for words in commands if words[0].partition("(")[0] not in STATEMENTS), None):
        raise InputError(
            "the deck needs exactly one analysis, and none but known statements",
            where="deck",
            found=other,
            allowed=" ".join(sorted(STATEMENTS)),
        )
    if len(analyses) != 1:
        names = " ".join(words[0] for words in analyses) or "none"
        raise InputError("the deck needs exactly one analysis", where="deck", found=names, allowed=".tran or .dc")
    wanted = tuple(dict.fromkeys(signal_name(name) for name in save))
    last, tolerance = _end_of_axis(analyses[0])
    return Request(
        lines=_with_saves(lines, wanted, any(words[0] == ".save" for words in commands)),
        analysis=analyses[0][0][1:],
        last=last,
        tolerance=tolerance,
        wanted=wanted,
        time_limit_s=time_limit_s,
        taints=any(_PROCESS_WIDE.search(" ".join(w)) for w in commands if w[0].startswith(".opt")),
    )


def _hidden_command(deck: str) -> str | None:
    """What makes ngspice do something that no statement says; None without it."""
    if control := _CONTROL.search(deck):
        return control[0]
    if deck.lstrip()[: len(_SCRIPT)].lower() == _SCRIPT:
        return _SCRIPT
    if _COMMAND in deck and any(line.lstrip().startswith(_COMMAND) for line in deck.splitlines()):
        return _COMMAND
    return None


def _end_of_axis(words: list[str]) -> tuple[float | None, float]:
    """Value at which the axis must end, and the tolerance."""
    if words[0] == ".tran":
        last = number(words[2]) if len(words) > 2 else None
        return last, 0.0 if last is None else 1e-6 * last
    values = [number(word) for word in words[2:5]]
    stop, step = (values + [None] * 3)[1:3]
    return (None, 0.0) if stop is None or step is None else (stop, abs(step) * (1 + 1e-6))


def _with_saves(lines: tuple[str, ...], wanted: tuple[str, ...], deck_saves: bool) -> tuple[str, ...]:
    """Everything is saved by default; only device values, or a deck with its own ``.save``, need a line more."""
    device = [name for name in wanted if name.startswith("@")]
    plain = [name if name.startswith("i(") else f"v({name})" for name in wanted if not name.startswith("@")]
    names = plain + device if deck_saves else (["all", *device] if device else [])
    return (lines[0], ".save " + " ".join(names), *lines[1:]) if names else lines
