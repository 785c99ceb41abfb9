"""Prophesee's RAW files: EVT 2.0 and EVT 3.0 (https://docs.prophesee.ai, "Data Encoding Formats").

Decoded here: expelliarmus 1.1.12 gets the times of EVT 3.0 wrong by multiples of 4096 µs after the first 4 ms (its open
issues 19 and 20; seen here too), and does not follow EVT 2.0 over its 34 bits of time.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.files import read_input
from network.data.events.stream import Events, Sensor, checked

MOST_BYTES = 2**30  # of a recording
_MOST_HEADER = 2**16
_LINE = re.compile(rb"% ?(?P<key>\w+)[ \t]*(?P<value>[^\n]*)\n")
# Types of words; the others are reserved.
_CD, _HIGH_2, _OTHER_2 = (0, 1), 8, (10, 14, 15)
_ROW, _SINGLE, _BASE, _LOW, _HIGH, _OTHER_3 = 0, 2, 3, 6, 8, (7, 10, 14, 15)
_RUNS = (4, 5)  # of 12 and of 8 columns


class Header(NamedTuple):
    """What a file says: encoding (``evt2`` or ``evt3``), sensor if known, byte order; and where the words begin."""

    encoding: str
    sensor: Sensor | None
    order: str
    start: int


def read_prophesee(path: Path, sensor: Sensor | None = None) -> Events:
    """A RAW file in EVT 2.0 or EVT 3.0. Time is counted on where its 34 or 24 bits overflow.

    What comes before the first full time (and row) is left out, as in Prophesee's decoder.

    Args:
        sensor: the camera's size; default what the file says.

    Raises:
        InputError: no such file, another sensor, one of unknown size, a file that ends within a word or holds reserved
            words, no events, one outside the sensor, or disordered times.
    """
    data, where = read_input(path, MOST_BYTES), str(path)
    header = read_header(data, where)
    size = sensor or header.sensor
    if size is None:
        raise InputError("does not say its sensor's size", where=where, allowed="% geometry WIDTHxHEIGHT, or give it")
    if header.sensor not in (None, size):
        raise InputError("is of another sensor", where=where, found=[*header.sensor], allowed=f"{[*size]}")
    width = 4 if header.encoding == "evt2" else 2
    if (len(data) - header.start) % width:
        problem, found = "ends within a word: an interrupted download", f"{len(data) - header.start} bytes of words"
        raise InputError(problem, where=where, found=found, allowed=f"a multiple of {width}")
    words = np.frombuffer(data, f"{header.order}u{width}", offset=header.start)
    return checked((_evt2 if header.encoding == "evt2" else _evt3)(words, where), size, where)


def read_header(data: bytes, where: str) -> Header:
    """The lines that begin with ``%``. Raises InputError: none, or another encoding."""
    at, fields = 0, {}
    while at < _MOST_HEADER and (line := _LINE.match(data, at)):
        at = line.end()
        key = line["key"].decode()
        fields.setdefault(key, line["value"].decode("latin-1").strip())
        if key == "end":
            break
    text = fields.get("format", "")
    version = text.partition(";")[0] or {"2.0": "EVT2", "3.0": "EVT3"}.get(fields.get("evt", ""), fields.get("evt", ""))
    if version not in ("EVT2", "EVT3"):
        found = version or data[:12]
        raise InputError(
            "is not a RAW file of EVT 2.0 or 3.0", where=where, found=found, allowed="% evt 2.0, % evt 3.0"
        )
    size = re.search(r"height=(?P<h>\d{1,5});width=(?P<w>\d{1,5})", text) or re.fullmatch(
        r"(?P<w>\d{1,5})x(?P<h>\d{1,5})", fields.get("geometry", "")
    )
    sensor = None if size is None else Sensor(int(size["h"]), int(size["w"]))
    return Header(version.lower(), sensor, ">" if fields.get("endianness") == "big" else "<", at)


def _evt2(words: np.ndarray, where: str) -> Events:
    """32 bits: type (4); of an event 6 low bits of time, x (11), y (11); of EVT_TIME_HIGH 28 bits of time."""
    kind = words >> 28
    _refuse_reserved(kind, (*_CD, _HIGH_2, *_OTHER_2), where)
    highs, at = np.flatnonzero(kind == _HIGH_2), np.flatnonzero(kind <= 1)
    turn = np.searchsorted(highs, at) - 1
    at, turn = at[turn >= 0], turn[turn >= 0]
    word, base = words[at], _unrolled(words[highs] & 0x0FFFFFFF, 28) << 6
    return Events(base[turn] | (word >> 22 & 0x3F), word >> 11 & 0x7FF, word & 0x7FF, kind[at])


def _evt3(words: np.ndarray, where: str) -> Events:
    """16 bits: type (4) and 12 of row, column and polarity, mask of a run of columns, or a half of the time."""
    kind, payload = words >> 12, words & 0xFFF
    _refuse_reserved(kind, (_ROW, _SINGLE, _BASE, *_RUNS, _LOW, _HIGH, *_OTHER_3), where)
    highs, rows = np.flatnonzero(kind == _HIGH), np.flatnonzero(kind == _ROW)
    at = np.flatnonzero(np.isin(kind, (_SINGLE, *_RUNS)))
    known_from = max(highs[0], rows[0]) if len(highs) and len(rows) else len(words)
    at = at[at > known_from]
    time = _times_3(kind, payload, highs, at)
    row = payload[rows[_latest(rows, at)]] & 0x7FF
    column, polarity, mask = _columns_3(kind, payload, at, where)
    word, bit = np.nonzero(mask[:, None] >> np.arange(12) & 1)
    return Events(time[word], column[word] + bit, row[word], polarity[word])


def _times_3(kind: np.ndarray, payload: np.ndarray, highs: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Time at words `at`: latest high and low half; where the high half has changed since, the low one is 0."""
    high = _unrolled(payload[highs], 12)
    changes, lows = highs[np.diff(high, prepend=-1) != 0], np.flatnonzero(kind == _LOW)
    if not len(lows) or not len(at):
        return high[_latest(highs, at)] << 12
    low = lows[_latest(lows, at)]
    fresh = (low > changes[_latest(changes, at)]) & (low < at)
    return high[_latest(highs, at)] << 12 | np.where(fresh, payload[low], 0)


def _columns_3(
    kind: np.ndarray, payload: np.ndarray, at: np.ndarray, where: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First column, polarity and mask of words `at`: a single is a run of one; runs go on where the last one ended."""
    run, bases = kind[at] != _SINGLE, np.flatnonzero(kind == _BASE)
    origin, mask = payload[at].astype(np.int64), np.where(run, payload[at], 1)
    mask = np.where(kind[at] == _RUNS[1], mask & 0xFF, mask)
    column = origin & 0x7FF
    if run.any():
        base = bases[_latest(bases, at[run])] if len(bases) else at[run]
        if (base >= at[run]).any():
            raise InputError("is damaged: a run of columns without its first", where=where)
        origin[run] = payload[base]
        width = np.where(run, np.where(kind[at] == _RUNS[1], 8, 12), 0)
        passed = np.cumsum(width) - width
        column[run] = (payload[base] & 0x7FF) + passed[run] - passed[np.searchsorted(at, base)]
    return column, origin >> 11 & 1, mask


def _latest(positions: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Index of the last of the positions before each of `at`; 0 where there is none."""
    return np.maximum(np.searchsorted(positions, at) - 1, 0)


def _unrolled(times: np.ndarray, bits: int) -> np.ndarray:
    """Counters of so many bits as int64, counted on where they overflow: fall by more than half their range."""
    unrolled = times.astype(np.int64)
    overflows = np.diff(unrolled, prepend=unrolled[:1]) <= -(1 << (bits - 1))
    return unrolled + (np.cumsum(overflows) << bits)


def _refuse_reserved(kind: np.ndarray, known: tuple[int, ...], where: str) -> None:
    reserved = ~np.isin(kind, known)
    if reserved.any():
        at = int(reserved.argmax())
        raise InputError(f"is damaged: a reserved type in word {at}", where=where, found=int(kind[at]))
