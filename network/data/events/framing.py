"""Recordings as one array of frames, in memory or, where it is large, in a file that is mapped."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ipcircuit.errors import InputError
from ipcircuit.kept_array import kept_array
from network.data.events.binning import By, frames_of
from network.data.events.listings import Listing, Recording
from network.data.events.stream import window
from network.data.samples import Samples, Split

IN_MEMORY = 2**28  # bytes; more is kept in a file
MOST_BYTES = 2**31  # of a part that is not
Progress = Callable[[int, int], None]
Span = tuple[int, int]


@dataclass(frozen=True)
class Framing:
    """Recordings of a listing as frames; see `recorded.load_recorded`."""

    listing: Listing
    steps: int
    size: int
    by: By
    skip_damaged: bool
    progress: Progress | None = None

    def split(self, recordings: Sequence[Recording], rows: Sequence[int], train: Span, test: Span, split: str) -> Split:
        """Training and test samples.

        Args:
            recordings: in the order of their files.
            rows: which recording each row holds; one may be in several.
            train, test: first and last row (exclusive) of each part.
            split: its description.
        """
        shape = (self.steps, 2, self.size, self.size)
        if len(recordings) * int(np.prod(shape)) > IN_MEMORY:
            key = (self._key(recordings, rows), code_digest())
            kept = kept_array("frames", (len(rows), *shape), lambda out: self._fill(out, recordings, rows), *key)
            values, note = kept.values, kept.note
        else:
            rows = [*rows[slice(*train)], *rows[slice(*test)]]
            cut = train[1] - train[0]
            train, test = (0, cut), (cut, len(rows))
            values = np.zeros((len(rows), *shape), np.uint8)
            used, note = self._fill(values, recordings, rows)
            values = values[:used]
        damaged = {int(i): str(problem) for i, problem in note}
        if damaged and not self.skip_damaged:
            raise InputError(next(iter(damaged.values())))
        return Split(*(self._samples(values, recordings, rows, span, damaged, split) for span in (train, test)))

    def samples(self, recordings: Sequence[Recording], split: str) -> Samples:
        """All recordings as one part, in memory. Raises InputError: they do not fit, or none is sound."""
        shape = (len(recordings), self.steps, 2, self.size, self.size)
        if int(np.prod(shape)) > MOST_BYTES:
            problem, allowed = "frames take too much memory", f"up to {MOST_BYTES} bytes: fewer samples or steps"
            raise InputError(problem, where=self.listing.title, found=shape, allowed=allowed)
        values = np.zeros(shape, np.uint8)
        rows = range(len(recordings))
        used, note = self._fill(values, recordings, rows)
        damaged = {int(i): str(problem) for i, problem in note}
        if damaged and not self.skip_damaged:
            raise InputError(next(iter(damaged.values())))
        return self._samples(values[:used], recordings, rows, (0, len(rows)), damaged, split)

    def _samples(
        self,
        values: np.ndarray,
        recordings: Sequence[Recording],
        rows: Sequence[int],
        span: Span,
        damaged: dict[int, str],
        split: str,
    ) -> Samples:
        """One part."""
        first, last = (row - sum(i in damaged for i in rows[:row]) for row in span)
        chosen = rows[slice(*span)]
        labels = torch.tensor([recordings[i].label for i in chosen if i not in damaged], dtype=torch.long)
        problems = tuple(damaged[i] for i in chosen if i in damaged)
        frames = f"{self.steps} frames of equal {'duration' if self.by == 'time' else 'event counts'}"
        sensor = self.listing.sensor
        cropped = "" if sensor.height == sensor.width else f" (central square of {sensor.width} x {sensor.height})"
        source = (
            f"{self.listing.title}, {split}, {len(labels)} recordings, {self.size} x {self.size}{cropped}, {frames}"
        )
        if problems:
            source += f"; {len(problems)} damaged ones left out"
        if not len(labels):
            raise InputError("has no sound recording", where=source, found=problems[0])
        classes, part = self.listing.published.classes, torch.from_numpy(values[first:last])
        return Samples(part, labels, classes, source, timed=True, damaged=problems)

    def _fill(self, out: np.ndarray, recordings: Sequence[Recording], rows: Sequence[int]) -> tuple[int, Any]:
        """Write the rows; those of damaged recordings are left out, and the others move up."""
        places: defaultdict[int, list[int]] = defaultdict(list)
        for row, i in enumerate(rows):
            places[i].append(row)
        damaged: dict[int, str] = {}
        for done, (i, result) in enumerate(self._frames(recordings, sorted(places)), 1):
            if isinstance(result, InputError):
                damaged[i] = str(result)
            else:
                for row in places[i]:
                    out[row] = result
            if self.progress is not None:
                self.progress(done, len(places))
        kept = [row for row, i in enumerate(rows) if i not in damaged]
        if not kept:
            raise InputError(next(iter(damaged.values())))
        for new, old in enumerate(kept):
            if new != old:
                out[new] = out[old]
        return len(kept), list(damaged.items())

    def _frames(
        self, recordings: Sequence[Recording], wanted: Sequence[int]
    ) -> Iterator[tuple[int, np.ndarray | InputError]]:
        """Frames of each wanted recording, or what is wrong with it; a file that holds several is read once."""
        path, events, problem = None, None, None
        for i in wanted:
            recording = recordings[i]
            try:
                if recording.path != path:
                    path, events, problem = recording.path, None, None
                    try:
                        events = self.listing.read(path)
                    except InputError as error:
                        problem = error
                if events is None:
                    raise problem or InputError("cannot be read", where=recording.name)
                part = events if recording.window is None else window(events, *recording.window)
                yield i, frames_of(part, self.steps, self.listing.sensor, self.size, by=self.by)
            except InputError as error:
                named = error if str(recording.path) in str(error) else InputError(str(error), where=recording.name)
                if not self.skip_damaged:
                    raise named from error
                yield i, named

    def _key(self, recordings: Sequence[Recording], rows: Sequence[int]) -> str:
        """Digest of all that the frames depend on: the files' names, sizes and times, and how they are binned."""
        digest = hashlib.sha256(json.dumps([self.listing.title, self.steps, self.size, self.by, [*rows]]).encode())
        for recording in recordings:
            state = recording.path.stat()
            digest.update(f"{recording.name}\0{state.st_size}\0{state.st_mtime_ns}\0".encode())
        return digest.hexdigest()


def published_rows(listing: Listing) -> tuple[Sequence[int], Span, Span]:
    """Rows of the published split, its training and its test part."""
    cut, stop = len(listing.train), len(listing.train) + len(listing.test)
    return range(stop), (0, cut), (cut, stop)


def fold_rows(recordings: Sequence[Recording], fold: int, folds: int) -> tuple[Sequence[int], Span, Span]:
    """Rows in which the folds follow each other, the first ones again at the end: the training part of every fold is
    then one span, and the rows are the same for all.

    The recordings are dealt out in turn, class by class, in their order.

    Raises InputError: no such fold, or a class with fewer recordings than folds.
    """
    if folds < 2 or not 0 <= fold < folds:
        problem = "no such fold"
        raise InputError(problem, where="fold, folds", found=(fold, folds), allowed="0 ≤ fold < folds, folds ≥ 2")
    counts = Counter(recording.label for recording in recordings)
    if min(counts.values()) < folds:
        problem, allowed = "a class has fewer recordings than folds", f"up to {min(counts.values())}"
        raise InputError(problem, where="folds", found=folds, allowed=allowed)
    dealt = sorted(range(len(recordings)), key=lambda i: recordings[i].label)
    groups = [sorted(dealt[k::folds]) for k in range(folds)]
    ring = [*groups, *groups[:-1]]
    edges = [0, *accumulate(map(len, ring))]
    return [i for group in ring for i in group], (edges[fold + 1], edges[fold + folds]), (edges[fold], edges[fold + 1])


@cache
def code_digest() -> str:
    """Digest of the code that makes the frames, and the version of numpy."""
    digest = hashlib.sha256(np.__version__.encode())
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in (".py", ".toml"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
