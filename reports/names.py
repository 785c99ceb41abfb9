"""Names of the report's files: each a file of its own, whatever plug-ins and users call their circuits and sections."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from reports.attempt import Failure
from reports.figures.plot import Picture
from reports.page import Chapter, Page
from reports.tables.table import Table

_LONGEST = 80  # letters of a name, before its digest
_DIGEST = "-[0-9a-f]{8}"
_PLAIN = re.compile(rf"(?!.*{_DIGEST}$)[a-z0-9_-]{{1,{_LONGEST}}}")
OWN = ("index",)  # pages of the site in the folders of circuits and sections
_Part = TypeVar("_Part", Picture, Table)


def file_name(name: str) -> str:
    """The name of a circuit, section, figure or table as that of a file, also where capitals do not count.

    Two names have two file names: one that cannot stay as it is, or is one of `OWN`, ends in its digest.
    """
    if _PLAIN.fullmatch(name) and name not in OWN:
        return name
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{re.sub(r'[^a-z0-9_-]+', '_', name.lower())[:_LONGEST]}-{digest}"


def named(pages: Sequence[Page], taken: Iterable[str] = ()) -> list[Page]:
    """Pages whose figures and tables have names of files, each once; who comes second is a failure of its chapter.

    Those of experiments, which plug-ins add, give way to the others.

    Args:
        taken: names of tables that are on no page.
    """
    figures, tables, made = set[str](), set(taken), dict[str, Page]()
    for page in sorted(pages, key=lambda page: page.group == "experiments"):
        chapters = [_named(chapter, figures, tables) for chapter in page.chapters]
        made[page.path] = replace(page, chapters=chapters)
    return [made[page.path] for page in pages]


def _named(chapter: Chapter, figures: set[str], tables: set[str]) -> Chapter:
    failures = [*chapter.failures]
    drawn = list(_once("figure", chapter.pictures, figures, failures))
    written = list(_once("table", chapter.tables, tables, failures))
    return replace(chapter, pictures=drawn, tables=written, failures=failures)


def _once(kind: str, parts: Iterable[_Part], taken: set[str], failures: list[Failure]) -> Iterator[_Part]:
    for part in parts:
        name = file_name(part.name)
        if name in taken:
            failures.append(Failure(f"{kind} {part.name}", f"another {kind} of the report has this name"))
            continue
        taken.add(name)
        yield replace(part, name=name)
