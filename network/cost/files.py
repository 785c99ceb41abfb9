"""Files of a network's cost: all of it as JSON, its tables as CSV, the figure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ipcircuit.files import staged_directory
from network.cost.figure import drawn
from network.cost.result import NetworkCost

_TABLES = ("prices", "layers", "baselines", "crossover", "counts", "not_counted")


def write(cost: NetworkCost, folder: Path | str) -> Path:
    """Write ``cost.json``, a CSV for each table, and ``accuracy_energy.svg`` and ``.png``, all of them or none.

    The figure is left out where no accuracy or no energy was obtained.

    Raises:
        InputError: the folder cannot be written.
    """
    content = cost.to_json()
    points = cost.points()
    with staged_directory(folder) as staging:
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        (staging / "cost.json").write_text(text, encoding="utf-8")
        for name in _TABLES:
            if rows := content[name]:
                (staging / f"{name}.csv").write_text(csv_text(rows), encoding="utf-8")
        if points:
            for ending, data in drawn(points, f"{cost.network}, {cost.data}", cost.score).items():
                (staging / f"accuracy_energy.{ending}").write_bytes(data)
    return Path(folder)


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV; what lies within a row has its keys joined by a point, a value that was not obtained is empty."""
    flat = [dict(_flat(row)) for row in rows]
    columns = list(dict.fromkeys(key for row in flat for key in row))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return stream.getvalue()


def _flat(row: Mapping[str, Any], before: str = "") -> Any:
    for key, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", "; ".join(map(str, value)) if isinstance(value, list | tuple) else value
