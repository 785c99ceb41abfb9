"""What mkdocs runs while it builds the site: generated pages, navigation, links out of `docs/`, equations as MathML.

A page of `docs/` reads on a code host as it does here. Links to files elsewhere in the repository become plain text in
the site; equations are TeX between dollar signs, and become MathML, which browsers draw by themselves.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]

from generated import generated_pages  # noqa: E402 (below the line that makes it importable)
from links import COPIED, within_the_site  # noqa: E402
from mathml import with_mathml  # noqa: E402
from python_pages import documented, module_name, packages, public_names  # noqa: E402

LOG = logging.getLogger("mkdocs.hooks.reference")

_DIALOG = 'data-md-component="search" role="dialog"'


def on_config(config: Any) -> Any:
    """Adds generated pages, and replaces ``folder/*`` in the navigation by the pages of that folder."""
    pages = dict(generated_pages())
    pages |= {target: (ROOT / name).read_text(encoding="utf-8") for name, target in COPIED.items()}
    config.extra["pages"] = pages
    written = [path.relative_to(config.docs_dir).as_posix() for path in Path(config.docs_dir).rglob("*")]
    config.nav = _expanded(config.nav, sorted({*written, *pages}), _named(config.nav))
    config.theme.static_templates.discard("404.html")  # for a server's root: from disk it finds none of its files
    return config


def on_files(files: Any, config: Any) -> Any:
    from mkdocs.structure.files import File

    for path, content in config.extra["pages"].items():
        source: dict[str, Any] = {"abs_src_path": str(content)} if isinstance(content, Path) else {"content": content}
        files.append(File.generated(config, path, **source))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    return within_the_site(markdown, page.file.src_uri, [file.src_uri for file in files])


def on_page_content(html: str, **_: Any) -> str:
    return with_mathml(html)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Names the theme's search for screen readers."""
    if _DIALOG not in output:
        LOG.warning("%s: the theme's search looks otherwise now, and may have no name", page.file.src_uri)
    return output.replace(_DIALOG, f'{_DIALOG} aria-label="Search"')


def on_post_build(config: Any) -> None:
    """Warns of a public name of a module that its page does not have."""
    for folder in packages():
        page = Path(config.site_dir) / f"reference/python/{'.'.join(folder.parts)}.html"
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        for path in documented(folder):
            for name in public_names(ROOT / path):
                if f'id="{module_name(path)}.{name}"' not in text:
                    LOG.warning("%s.%s: public, and without a place in the reference", module_name(path), name)


def _named(nav: list[Any]) -> set[str]:
    """Pages that the navigation names one by one."""
    names: set[str] = set()
    for item in nav:
        for value in item.values() if isinstance(item, dict) else (item,):
            names |= _named(value) if isinstance(value, list) else {value}
    return names


def _expanded(nav: list[Any], pages: list[str], named: set[str]) -> list[Any]:
    items: list[Any] = []
    for item in nav:
        title, value = next(iter(item.items())) if isinstance(item, dict) else (None, item)
        if isinstance(value, list):
            items.append({title: _expanded(value, pages, named)})
        elif not value.endswith("/*"):
            items.append(item)
        elif title is None:
            items += _folder(value[:-1], pages, named)
        elif inside := _folder(value[:-1], pages, named):
            items.append({title: inside})
    return items


def _folder(folder: str, pages: list[str], named: set[str]) -> list[Any]:
    """Pages of a folder, its README first; a folder within it is an entry of its own."""
    inside = [page for page in pages if page.startswith(folder) and page.endswith(".md")]
    own = [page for page in inside if "/" not in page[len(folder) :] and page not in named]
    own.sort(key=lambda page: (not page.endswith("README.md"), page))
    names = sorted({page[len(folder) :].split("/")[0] for page in inside if "/" in page[len(folder) :]})
    return [*own, *({_title(name): _folder(f"{folder}{name}/", pages, named)} for name in names)]


def _title(name: str) -> str:
    return {"cli": "Command line", "python": "Python", "devices": "Devices", "files": "Files and schemas"}.get(
        name, name
    )
