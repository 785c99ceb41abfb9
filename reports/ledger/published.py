"""Published numbers by the ids of the claims ledger, so that no figure or sentence keeps a copy of its own."""

from __future__ import annotations

from functools import cache

from ipcircuit.errors import InputError
from reports.ledger.ledger import load_ledger


@cache
def published(row: str) -> float:
    """The published number of a ledger row, in the row's unit (SI).

    Raises:
        InputError: no such row, or its claim is not a single number.
    """
    for claim in load_ledger().claims:
        if claim.id == row and isinstance(claim.published, float):
            return claim.published
    raise InputError("no single published number", where="claims.toml", found=row)
