"""Scores of tasks in words, for axes, titles and tables."""

from __future__ import annotations

_WORDS = {"PR": "true less false positives", "EVA": "explained variance"}


def in_words(score: str) -> str:
    """A score's name without symbols that only its task explains."""
    return _WORDS.get(score, score.replace("_", " "))
