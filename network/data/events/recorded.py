"""Published sets of recordings as frames, from a folder of the user's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from ipcircuit.errors import InputError
from network.data.events.binning import By, frame_size
from network.data.events.dailydvs import dailydvs200
from network.data.events.framing import Framing, Progress, fold_rows, published_rows
from network.data.events.listings import Listing, Recording, cifar10_dvs, dvs_gesture, nmnist
from network.data.folder import SETS, named_in
from network.data.samples import Samples, Split

LISTINGS: Mapping[str, Callable[..., Listing]] = {
    "nmnist": nmnist,
    "dvs_gesture": dvs_gesture,
    "cifar10_dvs": cifar10_dvs,
    "dailydvs200": dailydvs200,
}
"""Content of a folder, by name of the set."""
_TIMED = 32  # recordings whose durations give the length of a frame


def sets_in(data: Path | str) -> list[str]:
    """Names of the event sets whose folder is in `data`, or is `data`. Raises InputError: none is."""
    return named_in(data, list(LISTINGS))


def load_recorded(
    name: str,
    data: Path | str,
    *,
    steps: int,
    size: int | None = None,
    by: By = "time",
    fold: int | None = None,
    folds: int = 5,
    skip_damaged: bool = False,
    complete: bool = True,
    progress: Progress | None = None,
) -> Split:
    """A set of recordings as frames (n, steps, 2, size, size), uint8, channel 0 ON and 1 OFF.

    Frames of more than 256 MiB are kept in the cache folder and mapped into memory; the next call maps them at once.

    Args:
        name: ``nmnist``, ``dvs_gesture``, ``cifar10_dvs`` or ``dailydvs200``.
        data: the set's folder, or one that holds it.
        steps: frames per recording.
        size: their height and width, a divisor of the sensor's shorter side; default: that side. Of a sensor that is
            not square, the central square counts.
        by: frames of equal ``time`` or ``count`` of events.
        fold: default the published split; else test on this one of `folds` parts of all recordings, in which the
            classes have equal shares, and train on the others. (Subjects may then be in both.)
        skip_damaged: leave damaged recordings out; `Samples.damaged` names them.
        complete: refuse a folder that has fewer or more recordings than the published set.
        progress: called with the recordings that are read and their number.

    Raises:
        InputError: folder or files missing or unexpected (says how to get them), a damaged recording (which one), or
            frames that do not fit the sensor.
        MissingDependencyError: a recording needs a library of the extra `events`.
    """
    if name not in LISTINGS:
        raise InputError("unknown set of recordings", where="name", found=name, allowed=", ".join(LISTINGS))
    listing = LISTINGS[name](SETS[name].find(data), complete=complete)
    framing = Framing(listing, steps, frame_size(listing.sensor, size), by, skip_damaged, progress)
    if fold is None:
        return framing.split((*listing.train, *listing.test), *published_rows(listing), listing.split)
    recordings = (*listing.train, *listing.others, *listing.test)
    return framing.split(recordings, *fold_rows(recordings, fold, folds), f"fold {fold + 1} of {folds}")


def load_part(
    name: str,
    data: Path | str,
    *,
    part: str = "test",
    steps: int,
    size: int | None = None,
    by: By = "time",
    samples: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Samples, float]:
    """Recordings of one part of the published split, as frames in memory, and the mean length of a frame in seconds.

    Args: as `load_recorded`, but that the folder need not be complete.
        part: ``train`` or ``test``.
        samples: read at most so many, drawn with the seed; default all.

    Raises InputError: as `load_recorded`, or frames that do not fit into 2 GiB.
    """
    if part not in ("train", "test"):
        raise InputError("unknown part", where="part", found=part, allowed="train, test")
    listing = LISTINGS[name](SETS[name].find(data), complete=False)
    recordings: tuple[Recording, ...] = getattr(listing, part)
    if samples is not None and samples < len(recordings):
        chosen = sorted(np.random.default_rng(seed).choice(len(recordings), samples, replace=False))
        recordings = tuple(recordings[i] for i in chosen)
    framing = Framing(listing, steps, frame_size(listing.sensor, size), by, False, progress)
    durations = [_duration_s(listing, recording) for recording in recordings[:_TIMED]]
    return framing.samples(recordings, f"{part} part, {listing.split}"), float(np.mean(durations)) / steps


def _duration_s(listing: Listing, recording: Recording) -> float:
    """From the first event to the last, or of the recording's window."""
    if recording.window is not None:
        return 1e-6 * (recording.window[1] - recording.window[0])
    time = listing.read(recording.path).time_us
    return 1e-6 * float(time.max() - time.min())
