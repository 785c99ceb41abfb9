"""Links of a page of `docs/`, as its page in the site has them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = {"CHANGELOG.md": "changelog.md", "SECURITY.md": "design/security.md"}  # pages of the site, kept elsewhere

_LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^)\s]+)\)")
_DEVICE = re.compile(r"<!-- device: (\w+) -->")


def within_the_site(markdown: str, own: str, pages: Collection[str]) -> str:
    """Links to files outside the site become their text, names of pages their titles, from where a page lies.

    ``own`` is the page's path in the site and ``pages`` are those of all its pages.
    """
    sources = {target: name for name, target in COPIED.items()}
    place = sources.get(own, posixpath.join("docs", own))
    targets = {sources.get(page, posixpath.join("docs", page)): page for page in pages}

    def link(match: re.Match[str]) -> str:
        text, target = match.groups()
        path, mark, anchor = target.partition("#")
        if not path or "://" in path or path.startswith("mailto:"):
            return match[0]
        aim = posixpath.normpath(posixpath.join(posixpath.dirname(place), path))
        if aim == "README.md" and own != "README.md":
            aim, anchor, mark = "docs/README.md", "", ""
        if aim not in targets:
            return text if (ROOT / aim).exists() else match[0]  # mkdocs names a link to nowhere
        text = _heading(ROOT / aim) if text == posixpath.basename(path) else text
        return f"[{text}]({posixpath.relpath(targets[aim], posixpath.dirname(own) or '.')}{mark}{anchor})"

    up = "../" * own.count("/")
    declared = rf"As declared, term by term and with every parameter: [`\1`]({up}reference/devices/\1.md)."
    return _DEVICE.sub(declared, _outside_code(markdown, lambda text: _LINK.sub(link, text)))


def _heading(path: Path) -> str:
    """Title of a page, which reads better than its file's name; that where the page is generated."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return next((line.removeprefix("# ") for line in lines if line.startswith("# ")), path.name)


def _outside_code(markdown: str, change: Callable[[str], str]) -> str:
    parts = re.split(r"(^ *```.*?^ *```$)", markdown, flags=re.S | re.M)
    return "".join(part if index % 2 else change(part) for index, part in enumerate(parts))
