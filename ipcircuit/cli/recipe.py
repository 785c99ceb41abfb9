"""What a command line makes a circuit's testbench of, kept with its results so that `replay` makes the same again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ipcircuit.errors import InputError
from ipcircuit.records import Name, parse, record

if TYPE_CHECKING:
    from circuits.testbench import Testbench

_FILES = ("circuit", "technology", "models", "device", "variation")


@record
class Recipe:
    """A circuit and the options that configure it, as given; files by their absolute paths."""

    circuit: Name
    set: tuple[str, ...] = ()
    corner: Name = "tt"
    temperature_C: float = 27.0
    technology: Name | None = None
    models: Name | None = None
    device: Name | None = None
    variation: Name | None = None
    sigma: tuple[str, ...] = ()
    per_die: int = 1

    @classmethod
    def of(
        cls,
        circuit: str,
        set_: Sequence[str] | None,
        corner: str,
        temperature: float,
        technology: str | None,
        models: Path | None,
        device: Path | None,
        *,
        variation: Path | None = None,
        sigma: Sequence[str] | None = None,
        per_die: int = 1,
    ) -> Recipe:
        """Of options as the commands have them."""
        given = {"models": models, "device": device, "variation": variation}
        files = {name: None if path is None else str(path) for name, path in given.items()}
        pairs, sigmas = tuple(set_ or ()), tuple(sigma or ())
        return cls(circuit, pairs, corner, float(temperature), technology, **files, sigma=sigmas, per_die=per_die)

    @classmethod
    def read(cls, text: str, where: str) -> Recipe:
        """From the text that `write` gave. Raises InputError."""
        try:
            return parse(cls, json.loads(text), where)
        except ValueError as error:
            raise InputError(f"not JSON: {error}", where=where) from None

    def write(self) -> str:
        """As text that another working folder can read."""
        paths = {name: _absolute(getattr(self, name)) for name in _FILES}
        return json.dumps(asdict(replace(self, **paths)))

    def testbench(self) -> Testbench:
        """The testbench under these options. Raises InputError as the commands do."""
        from ipcircuit.cli import options

        paths = (self.models, self.device, self.variation)
        models, device, variation = (None if path is None else Path(path) for path in paths)
        conditions = (self.corner, self.temperature_C, self.technology)
        return options.chosen(self.circuit, self.set, *conditions, models, device, variation, self.sigma, self.per_die)


def _absolute(name: str | None) -> str | None:
    """A file's name as an absolute path, ``file.py:NAME`` too; another name as it is."""
    if name is None:
        return None
    file, colon, attribute = name.rpartition(":") if ".py:" in name else (name, "", "")
    return f"{Path(file).expanduser().resolve()}{colon}{attribute}" if Path(file).expanduser().is_file() else name
