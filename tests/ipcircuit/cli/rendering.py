"""What a person must be able to read of a command at 80 columns."""

from __future__ import annotations

import re

WIDTH = 80


def assert_readable(text: str) -> None:
    """No line is wider, no cell is cut, no value stands apart from its unit, two tables have one empty line between."""
    assert text
    assert [line for line in text.splitlines() if len(line) > WIDTH] == []
    assert "…" not in text
    assert "None" not in text
    assert "nan" not in text.split()
    assert "\u00a0" not in text
    assert "\n\n\n" not in text
    split = [line for line in text.splitlines() if re.match(r" *(pJ|nJ|fJ|µJ|mJ|ns|µs|mV|µm²|ohm|Ω|°|%)(?!\w)", line)]
    assert split == []
