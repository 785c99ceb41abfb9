"""Finding data sets on disk: nothing is downloaded; missing and wrong files are named, with the way to get them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from ipcircuit.errors import InputError

_BLOCK = 1 << 20
_SHOWN = 4  # files named in a message; the rest is a number


def find_folder(data: Path | str, names: Iterable[str], how: str) -> Path:
    """`data` itself if it has one of the names, else the first folder of these names in it.

    Args:
        data: the value of ``--data``.
        names: allowed folder names, in order of preference.
        how: how to get the data, ends the error message.

    Raises:
        InputError: no such folder.
    """
    root, allowed = Path(data), list(names)
    if not root.is_dir():
        raise InputError(f"no such folder. {how}", where=f"--data {root}")
    if root.name in allowed:
        return root
    for name in allowed:
        if (root / name).is_dir():
            return root / name
    inside = sorted(entry.name for entry in root.iterdir())
    raise InputError(
        f"has none of the folders {', '.join(allowed)}. {how}", where=f"--data {root}", found=_list(inside) or "nothing"
    )


def md5_of(path: Path) -> str:
    """MD5 of a file, read in blocks."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def check_files(folder: Path, checksums: Mapping[str, str], how: str) -> None:
    """Check that all files are there, as published.

    Args:
        checksums: MD5 by file name.
        how: how to get the data, ends the error message.

    Raises:
        InputError: which files are missing, or are not the published ones (an interrupted download is such a one).
    """
    missing = [name for name in checksums if not (folder / name).is_file()]
    if missing:
        raise InputError(f"missing {_list(missing)}. {how}", where=str(folder))
    for name, expected in checksums.items():
        checksum = md5_of(folder / name)
        if checksum != expected:
            size = (folder / name).stat().st_size
            raise InputError(
                f"is not the published file ({size} bytes, MD5 {checksum} instead of {expected}): an interrupted "
                f"download or a changed file. {how}",
                where=str(folder / name),
            )


def class_files(folder: Path, classes: Iterable[str], endings: Iterable[str], least: int, how: str) -> list[list[Path]]:
    """Files of each class' folder, sorted by name.

    Args:
        classes: names of the folders.
        endings: allowed file endings; others are refused.
        least: files that each class must have.
        how: how to get the data.

    Raises:
        InputError: a class without folder or with too few files, or a file of another kind.
    """
    allowed, wanted = tuple(endings), list(classes)
    missing = [name for name in wanted if not (folder / name).is_dir()]
    if missing:
        raise InputError(f"missing the folders {_list(missing)}. {how}", where=str(folder))
    by_class = []
    for name in wanted:
        files = sorted(path for path in (folder / name).iterdir() if path.is_file() and not path.name.startswith("."))
        strange = [path.name for path in files if not path.name.endswith(allowed)]
        if strange:
            raise InputError(
                f"unexpected files {_list(strange)}. {how}",
                where=str(folder / name),
                allowed=", ".join(f"*{ending}" for ending in allowed),
            )
        if len(files) < least:
            raise InputError(
                f"has {len(files)} of {least} files: an incomplete download or extraction. {how}",
                where=str(folder / name),
            )
        by_class.append(files)
    return by_class


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
