"""Recordings of DailyDVS-200 (Wang et al., "DailyDVS-200", ECCV 2024): 200 actions, 47 subjects, 320 x 240 pixels."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ipcircuit.errors import InputError
from ipcircuit.records import read_text
from network.data.events.formats.aedat4 import Aedat4Reader
from network.data.events.listings import Listing, Recording, check_count, relative_path
from network.data.events.stream import Sensor
from network.data.folder import SETS, PublishedSet

ACTIONS = 200
_NAME = re.compile(r"C(?P<action>\d{1,3})P(?P<subject>\d{1,3})M\d+S\d+_.*\.aedat4")
# The authors' README. It has subject 4 in two parts, and 45 in two.
_TEST_SUBJECTS = {4, 7, 10, 11, 16, 33, 37, 42, 45}
_VALIDATION_SUBJECTS = {3, 4, 5, 24, 27, 31, 41, 43}


def dailydvs200(folder: Path, *, complete: bool) -> Listing:
    """DailyDVS-200: ``*.aedat4`` at any depth, split by the authors' lists ``train.txt``, ``val.txt`` and ``test.txt``.

    Without lists, the subjects that their README names for each part, in the file names, decide; one that it names for
    two parts is in the test part if that is one of them, else in the validation part. Recordings that a list names and
    the folder lacks are refused if `complete`, else left out.
    """
    published = replace(SETS["dailydvs200"], classes=tuple(f"action {i}" for i in range(ACTIONS)))
    paths = sorted(path for path in folder.rglob("*.aedat4") if path.is_file())
    check_count(published, folder, len(paths), published.samples["all"], complete)
    if (folder / "train.txt").is_file() or (folder / "test.txt").is_file():
        parts = {name: _listed(published, folder, f"{name}.txt", paths, complete) for name in ("train", "val", "test")}
        split = "the authors' lists"
    else:
        parts, split = _by_subject(paths), "the authors' subjects (no lists found)"
    for name in ("train", "test"):
        if not parts[name]:
            raise published.problem(f"has no recordings of the {name} part", folder)
    known = {recording.path for name in ("train", "test") for recording in parts[name]}
    others = tuple(recording for recording in parts["val"] if recording.path not in known)
    read = Aedat4Reader(Sensor(*published.sensor or (0, 0)))
    return Listing(published, "DailyDVS-200", split, tuple(parts["train"]), tuple(parts["test"]), read, others)


def _by_subject(paths: list[Path]) -> dict[str, list[Recording]]:
    """Recordings of the three parts, by the names of their files."""
    parts: dict[str, list[Recording]] = {"train": [], "val": [], "test": []}
    for path in paths:
        name = _NAME.fullmatch(path.name)
        if name is None or int(name["action"]) >= ACTIONS:
            allowed = f"C0 … C{ACTIONS - 1}, then P for the subject, M, S and the time"
            raise InputError("is no name of a recording", where=str(path), allowed=allowed)
        subject = int(name["subject"])
        part = "test" if subject in _TEST_SUBJECTS else "val" if subject in _VALIDATION_SUBJECTS else "train"
        parts[part].append(Recording(path, int(name["action"])))
    return parts


def _listed(published: PublishedSet, folder: Path, name: str, paths: list[Path], complete: bool) -> list[Recording]:
    """Recordings of a list, whose lines are a path and a label; the file's name counts where there is no such path."""
    lists = folder / name
    if not lists.is_file():
        raise published.problem(f"missing {name}", folder)
    by_name = {path.name: path for path in paths}
    recordings = []
    for number, line in enumerate(read_text(lists).splitlines(), 1):
        if not line.strip():
            continue
        entry, _, label = line.strip().rpartition(" ")
        if not entry or not re.fullmatch(r"\d{1,3}", label) or int(label) >= ACTIONS:
            allowed = f"a path and a label of 0 … {ACTIONS - 1}"
            raise InputError("is no recording with its label", where=f"{lists}:{number}", found=line, allowed=allowed)
        path = relative_path(entry.strip(), lists)
        found = folder / path if (folder / path).is_file() else by_name.get(path.name)
        if found is not None:
            recordings.append(Recording(found, int(label)))
        elif complete:
            raise published.problem(f"missing the recording {entry.strip()}", folder)
    return recordings
