"""The command `new`: a small file to start from, which runs as it is."""

from __future__ import annotations

import keyword
import re
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from ipcircuit.cli import console, values
from ipcircuit.cli.options import Json
from ipcircuit.errors import InputError

#: Files by kind, by their ending, as they lie in `circuits.own`; the first is what other commands take.
KINDS: dict[str, tuple[str, ...]] = {"neuron": (".py",), "netlist": (".toml", ".cir")}
NAME = "my_neuron"  # of the circuit in these files
_LONGEST = 40


def command(
    kind: Annotated[
        str, typer.Argument(metavar="|".join(KINDS), help="neuron: a circuit in Python; netlist: in SPICE text.")
    ],
    name: Annotated[str, typer.Argument(help="Name of the circuit, and of the file.")],
    output: Annotated[
        Path | None, values.output_path("--output", "-o", folder=False, help="File to write; default: NAME.py.")
    ] = None,
    json: Json = False,
) -> None:
    """A small commented file to start from; it runs as it is, and an existing file is never overwritten."""
    from ipcircuit.files import write_text_atomic

    if kind not in KINDS:
        raise InputError("unknown kind of file", where="new", found=kind, allowed=", ".join(KINDS))
    _check_name(name)
    first, *others = KINDS[kind]
    path = Path(f"{name}{first}") if output is None else output
    if path.suffix != first:
        raise InputError("another ending", where="--output", found=str(path), allowed=f"a name that ends in {first}")
    paths = [path, *(path.with_suffix(ending) for ending in others)]
    if taken := [str(path) for path in paths if path.exists() or path.is_symlink()]:
        raise InputError("the file exists and is not overwritten", where="new", found=taken[0], allowed="a new file")
    for path in paths:
        template = resources.files("circuits.own").joinpath(f"example{path.suffix}").read_text(encoding="utf-8")
        write_text_atomic(path, template.replace(NAME, name))
    written = [str(path) for path in paths]
    if json:
        console.print_json({"kind": kind, "name": name, "files": written})
        return
    for path in written:
        console.print_line(f"wrote {path}")
    console.print_line(f"run it with  ipcircuit characterize {written[0]}")


def _check_name(name: str) -> None:
    """Raise InputError for a name that cannot be a circuit's: a subcircuit's, a file's and a Python name at once."""
    from ipcircuit.families import CIRCUITS

    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or len(name) > _LONGEST or keyword.iskeyword(name):
        allowed = f"lower-case letters, digits and _, a letter first, at most {_LONGEST}; no word of Python"
        raise InputError("not a name for a circuit", where="NAME", found=name, allowed=allowed)
    if name in CIRCUITS.names():
        raise InputError("a circuit of this name exists", where="NAME", found=name, allowed="another name")
