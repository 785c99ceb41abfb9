"""Results as Python users of tables expect them."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

    from circuits.measurement import CurveCheck


class Checks(tuple["CurveCheck", ...]):
    """Transfer curves of a circuit, each a `circuits.measurement.CurveCheck`."""

    __slots__ = ()

    @property
    def passed(self) -> bool:
        """Every curve is within its tolerance."""
        return all(curve.passed for curve in self)

    def to_pandas(self) -> pandas.DataFrame:
        """A row for each curve: largest and RMS error, unit, tolerance, pass."""
        import pandas

        rows = [
            (c.curve, c.max_error, c.rms_error, "" if c.unit == "1" else c.unit, c.tolerance, c.passed) for c in self
        ]
        return pandas.DataFrame(rows, columns=["curve", "max_error", "rms_error", "unit", "tolerance", "pass"])

    def points(self) -> pandas.DataFrame:
        """A row for each compared point: curve, x, circuit, compact model, and their units."""
        import numpy as np
        import pandas

        columns = {
            "curve": [c.curve for c in self for _ in np.ravel(c.x)],
            "x": np.concatenate([np.ravel(c.x) for c in self]),
            "x_unit": [c.x_unit for c in self for _ in np.ravel(c.x)],
            "circuit": np.concatenate([np.ravel(c.circuit) for c in self]),
            "compact": np.concatenate([np.ravel(c.compact) for c in self]),
            "unit": [c.unit for c in self for _ in np.ravel(c.x)],
        }
        return pandas.DataFrame(columns)

    def __repr__(self) -> str:
        return self.to_pandas().to_string(index=False) if self else "no curves"

    def _repr_html_(self) -> str:
        return self.to_pandas().to_html(index=False)


def html_table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table for a notebook."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f"<table><caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
