"""What a finding is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A result in words; `title` says it, `text` gives the numbers behind it."""

    title: str
    text: str
