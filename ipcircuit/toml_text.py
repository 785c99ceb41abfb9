"""Tables of TOML as text; `ipcircuit.records.read_toml` reads them back the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def table(content: Mapping[str, Any], *names: str) -> str:
    """A table with its heading: the name of each table around it, then its own."""
    lines = [f"[{'.'.join(map(_key, names))}]", *(f"{_key(key)} = {value(cell)}" for key, cell in content.items())]
    return "\n".join(lines) + "\n"


def value(cell: Any) -> str:
    """A value: text, number, mapping or sequence of these."""
    match cell:
        case str():
            return _quoted(cell)
        case float():
            return repr(cell)
        case Mapping():
            return "{ " + ", ".join(f"{_key(name)} = {value(v)}" for name, v in cell.items()) + " }"
        case _:
            return "[" + ", ".join(value(v) for v in cell) + "]"


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else _quoted(name)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
