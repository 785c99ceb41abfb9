"""Reference of the Python packages: a page for each with its modules' public names, and what `ipcircuit` offers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from markdown_text import cell, table

ROOT = Path(__file__).parents[2]
PACKAGES = ("ipcircuit", "circuits", "energy", "network", "reports")


def pages() -> Iterator[tuple[str, str]]:
    rows = []
    for folder in packages():
        name, modules = ".".join(folder.parts), list(documented(folder))
        if modules:
            path = f"{name}.md"
            rows.append((f"[`{name}`]({path})", cell(summary(folder / "__init__.py")), str(len(modules))))
            yield f"reference/python/{path}", _page(name, modules)
    yield "reference/python/README.md", _top() + table(("package", "is", "modules"), rows)


def packages() -> Iterator[Path]:
    """Folders with modules, relative to the repository, parents first."""
    for top in PACKAGES:
        for init in sorted((ROOT / top).rglob("__init__.py"), key=lambda path: path.parent.parts):
            yield init.parent.relative_to(ROOT)


def documented(folder: Path) -> Iterator[Path]:
    """Modules of one package that have a public name of their own."""
    for path in sorted((ROOT / folder).glob("*.py")):
        if public_names(path) and (not path.name.startswith("_") or path.name == "__init__.py"):
            yield path.relative_to(ROOT)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def public_names(path: Path) -> list[str]:
    """Classes, functions and constants that a module defines and does not begin with an underscore."""
    names: list[str] = []
    for node in _parsed(path).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    return [name for name in names if not name.startswith("_")]


def summary(path: Path) -> str:
    """First sentence of a module's docstring."""
    text = ast.get_docstring(_parsed(ROOT / path)) or ""
    return text.split("\n\n")[0]


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _page(name: str, modules: list[Path]) -> str:
    blocks = [f"::: {module_name(path)}\n" for path in modules]
    return f"# {name}\n\n" + "\n".join(blocks)


def _top() -> str:
    """What `import ipcircuit` offers, and where each of these names is described."""
    import ipcircuit

    homes = ipcircuit._HOME
    rows = [
        (f"`ipcircuit.{name}`", f"[`{home}.{name}`]({home.rpartition('.')[0]}.md#{home}.{name})")
        for name, home in sorted(homes.items())
    ]
    return (
        "# Python\n\n`import ipcircuit` has what scripts and notebooks need ([From Python](../../howto/python.md)); "
        "all else is imported from its module.\n\n" + table(("name", "described at"), rows) + "\n## Packages\n\n"
    )
