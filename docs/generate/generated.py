"""Pages that are made from the code: path in the site, and its text or the file that it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cli_pages
import device_pages
import gallery_page
import notebook_pages
import python_pages
import schema_pages


def generated_pages() -> Iterator[tuple[str, str | Path]]:
    for module in (cli_pages, python_pages, schema_pages, device_pages, gallery_page, notebook_pages):
        yield from module.pages()
