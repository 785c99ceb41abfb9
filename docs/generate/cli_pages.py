"""Reference of the command line: a page for each command, from the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from markdown_text import cell, table


def pages() -> Iterator[tuple[str, str]]:
    commands = list(_commands())
    rows = [(f"[`{name}`]({_file(name)})", _sentence(command.help)) for name, command in commands]
    yield (
        "reference/cli/README.md",
        "# Command line\n\nEvery command has `--help`, and `--json` for machines. Exit codes: 0 done, 1 a check failed "
        "or a part of the result is missing, 2 bad input or something is missing, 3 a mistake of ours.\n\n"
        + table(("command", "does"), rows),
    )
    for name, command in commands:
        yield f"reference/cli/{_file(name)}", _page(name, command)


def _commands() -> Iterator[tuple[str, Any]]:
    """Names as they are typed after `ipcircuit`, and the commands."""
    from typer.main import get_command

    from ipcircuit.cli.application import application

    root: Any = get_command(application())
    yield from _below(root, "")


def _below(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _below(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _file(name: str) -> str:
    return f"{name.replace(' ', '_').replace('-', '_')}.md"


def _page(name: str, command: Any) -> str:
    arguments = [item for item in command.params if item.param_type_name == "argument"]
    options = [item for item in command.params if item.param_type_name == "option" and not item.hidden]
    words = " ".join(_metavar(item) if item.required else f"[{_metavar(item)}]" for item in arguments)
    usage = " ".join(f"ipcircuit {name} {words}".split())
    parts = [f"# ipcircuit {name}\n\n{_text(command.help)}\n\n`{usage} [OPTIONS]`\n"]
    if arguments:
        rows = [(f"`{_metavar(argument)}`", _help(argument)) for argument in arguments]
        parts.append("## Arguments\n\n" + table(("argument", "is"), rows))
    rows = [(_names(option), _default(option), _help(option)) for option in options]
    parts.append("## Options\n\n" + table(("option", "default", "does"), rows))
    return "\n".join(parts)


def _metavar(item: Any) -> str:
    return (item.metavar or item.name).upper() + ("…" if item.nargs == -1 else "")


def _names(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or _kind(option)}"
    names = [f"{name}{value}" for name in sorted(option.opts, key=len)]
    return ", ".join(f"`{name}`" for name in (*names, *option.secondary_opts))


def _kind(option: Any) -> str:
    """The type's name; typer 0.26 and later keep the annotation instead of click's type."""
    if hasattr(option, "type"):
        return str(option.type.name).upper()
    return getattr(option.type_descriptor.annotation, "__name__", "value").upper()


def _default(option: Any) -> str:
    value = option.default
    if option.is_flag and not option.secondary_opts:
        return ""
    if callable(value) or value is None or value == () or "Sentinel" in type(value).__name__:
        return "" if not option.required else "required"
    return f"`{getattr(value, 'value', value)}`"


def _help(item: Any) -> str:
    return cell(_text(item.help))


def _text(text: str | None) -> str:
    """Help as Markdown: no marks of rich, no markup of its own."""
    plain = re.sub(r"\[/?(?:bold|dim|italic|cyan|green|red|yellow)\]", "", text or "")
    return plain.replace("\f", "").replace("<", "&lt;").replace("``", "`").replace("*", r"\*").strip()


def _sentence(text: str | None) -> str:
    return cell(_text(text).split("\n\n")[0])
