"""Numbers as text for `alter`, the same as in a deck, many at once."""

from __future__ import annotations

from functools import cache

import numpy as np
from pydantic import TypeAdapter

_LEAST, _MOST = 1e-4, 1e16  # between these Python writes a number without an exponent


def written(values: np.ndarray) -> list[bytes]:
    """``repr`` of the numbers of each row, separated by commas; a tenth of the time that ``repr`` takes.

    A deck has what ``repr`` writes. ngspice must read the same digits with the same exponent here, for it rounds in the
    last digit: small and large numbers, in which the faster text has another one, are written by ``repr`` itself.

    Args:
        values: finite, shape (rows, numbers).
    """
    text = _numbers().dump_json
    rows = [text(row)[1:-1] for row in values.tolist()]
    sizes = np.abs(values)
    for row in np.flatnonzero(((sizes < _LEAST) & (sizes > 0) | (sizes >= _MOST)).any(1)).tolist():
        rows[row] = ",".join(map(repr, values[row].tolist())).encode()
    return rows


@cache
def _numbers() -> TypeAdapter[list[float]]:
    return TypeAdapter(list[float])
