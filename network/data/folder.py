"""Published data sets on disk: nothing is downloaded; missing and wrong files are named, with the way to get them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import field
from importlib.resources import files
from pathlib import Path

from ipcircuit.errors import InputError
from ipcircuit.records import parse, read_toml, record

_SHOWN = 4  # files named in a message; the rest is a number


@record
class PublishedSet:
    """A data set as it was published; see `sets.toml`."""

    folders: tuple[str, ...]
    how: str
    classes: tuple[str, ...] = ()
    sensor: tuple[int, int] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    samples: Mapping[str, int] = field(default_factory=dict)

    def problem(self, message: str, path: Path | str, **more: object) -> InputError:
        """The error for something wrong at `path`, with the way to get the set."""
        return InputError(f"{message}. {self.how}", where=str(path), **more)  # pyright: ignore[reportArgumentType]

    def find(self, data: Path | str) -> Path:
        """`data` (the value of ``--data``) if it is a folder of this set, else the first such folder in it.

        Raises InputError: no such folder.
        """
        root = Path(data)
        if not root.is_dir():
            raise self.problem("no such folder", f"--data {root}")
        if root.name in self.folders:
            return root
        for name in self.folders:
            if (root / name).is_dir():
                return root / name
        inside = _list(sorted(entry.name for entry in root.iterdir())) or "nothing"
        raise self.problem(f"has none of the folders {', '.join(self.folders)}", f"--data {root}", found=inside)

    def check_files(self, folder: Path, checksums: Mapping[str, str] | None = None) -> None:
        """Raise InputError, naming the files, unless all are there and have their published checksums (or these)."""
        expected = self.files if checksums is None else checksums
        if missing := [name for name in expected if not (folder / name).is_file()]:
            raise self.problem(f"missing {_list(missing)}", folder)
        for name, published in expected.items():
            with (folder / name).open("rb") as stream:
                checksum = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            if checksum != published:
                size = (folder / name).stat().st_size
                raise self.problem(
                    f"is not the published file ({size} bytes, MD5 {checksum} instead of {published}): an interrupted "
                    "download or a changed file",
                    folder / name,
                )

    def class_files(self, folder: Path, endings: tuple[str, ...], least: int = 1) -> list[list[Path]]:
        """Files of each class' folder, sorted by name.

        Raises InputError: a class without folder (unless `least` is 0) or with fewer than `least` files, or a file of
        another ending.
        """
        missing = [name for name in self.classes if not (folder / name).is_dir()]
        if missing and least:
            raise self.problem(f"missing the folders {_list(missing)}", folder)
        by_class = []
        for part in (folder / name for name in self.classes):
            entries = part.iterdir() if part.is_dir() else ()
            paths = sorted(path for path in entries if path.is_file() and not path.name.startswith("."))
            if strange := [path.name for path in paths if not path.name.endswith(endings)]:
                allowed = ", ".join(f"*{ending}" for ending in endings)
                raise self.problem(f"unexpected files {_list(strange)}", part, allowed=allowed)
            if len(paths) < least:
                raise self.problem(f"has {len(paths)} of {least} files: {INCOMPLETE}", part)
            by_class.append(paths)
        return by_class


def named_in(data: Path | str, names: Sequence[str]) -> list[str]:
    """Those of the sets whose folder is in `data`, or is `data`. Raises InputError: none; says how to get them."""
    root = Path(data)
    present = [
        name
        for name in names
        if root.name in SETS[name].folders or any((root / folder).is_dir() for folder in SETS[name].folders)
    ]
    if present and root.is_dir():
        return present
    inside = ", ".join(sorted(entry.name for entry in root.iterdir())[:6]) if root.is_dir() else "no such folder"
    raise InputError(
        f"has none of the known data sets. {'. '.join(SETS[name].how for name in names)}",
        where=f"--data {root}",
        found=inside or "nothing",
        allowed=", ".join(SETS[name].folders[0] for name in names),
    )


INCOMPLETE = "an incomplete download or extraction"
SETS: Mapping[str, PublishedSet] = parse(
    dict[str, PublishedSet], read_toml(files("network.data") / "sets.toml"), "sets.toml"
)


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
