"""Large arrays are made once, mapped afterwards, made again when damaged, and leave nothing where making them fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipcircuit.errors import InputError
from ipcircuit.kept_array import FOLDER, clear_arrays, kept_array, kept_arrays
from ipcircuit.spice import cache


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


class Maker:
    """Fills rows with 1, 2, … and counts how often it does."""

    def __init__(self, rows: int = 3) -> None:
        self.calls, self.rows = 0, rows

    def __call__(self, values: np.ndarray) -> tuple[int, Any]:
        self.calls += 1
        assert not values.any()
        values[: self.rows] = np.arange(1, self.rows + 1, dtype=np.uint8)[:, None]
        return self.rows, {"left out": len(values) - self.rows}


def test_it_is_made_once_per_key_and_holds_the_rows_in_use(folder: Path) -> None:
    make = Maker()
    for _ in range(2):
        kept = kept_array("rows", (5, 4), make, "a")
        assert kept.values.tolist() == [[1] * 4, [2] * 4, [3] * 4]
        assert kept.note == {"left out": 2}
    assert make.calls == 1
    assert isinstance(kept.values, np.memmap)
    kept.values[0] = 9  # of this process only
    assert kept_array("rows", (5, 4), make, "a").values[0, 0] == 1
    for name, shape, inputs in (("others", (5, 4), "a"), ("rows", (6, 4), "a"), ("rows", (5, 4), "b")):
        kept_array(name, shape, make, inputs)
    assert make.calls == 4
    assert kept_arrays(folder) == (4, 4 * 12)
    clear_arrays(folder)
    clear_arrays(folder)
    assert kept_arrays(folder) == (0, 0)


def test_a_damaged_or_older_one_is_made_again(folder: Path) -> None:
    make = Maker()
    kept_array("rows", (5, 4), make, "a")
    [place] = (folder / FOLDER).iterdir()
    for damage in (
        lambda: os.truncate(place / "content", 11),
        lambda: (place / "record.json").write_text('{"shape": [3, 4]}'),
        lambda: (place / "record.json").write_text('{"shape": [-3, -4], "note": 0}'),
        lambda: (place / "record.json").unlink(),
        lambda: (place / "content").unlink(),
    ):
        damage()
        before = make.calls
        assert kept_array("rows", (5, 4), make, "a").values.sum() == 24
        assert make.calls == before + 1
    with cache.fresh():
        kept_array("rows", (5, 4), make, "a")
    assert make.calls == 7


def test_one_that_fails_leaves_nothing(folder: Path) -> None:
    def fails(values: np.ndarray) -> tuple[int, Any]:
        values[0] = 1
        raise InputError("is damaged", where="a.bin")

    with pytest.raises(InputError, match=r"a\.bin: is damaged"):
        kept_array("rows", (5, 4), fails, "a")
    assert list((folder / FOLDER).iterdir()) == []


def test_a_folder_that_cannot_be_written_and_no_cache(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_text("a file")
    with pytest.raises(InputError, match="cannot write"):
        kept_array("rows", (5, 4), Maker(), "a")
    monkeypatch.setenv(cache.FOLDER_VARIABLE, "off")
    make = Maker()
    for _ in range(2):
        assert kept_array("rows", (5, 4), make, "a").values.tolist() == [[1] * 4, [2] * 4, [3] * 4]
    assert make.calls == 2
    with pytest.raises(InputError, match=r"IPCIRCUIT_CACHE: rows: 40\d+ bytes do not fit the memory"):
        kept_array("rows", (10**15, 40), make, "a")


def test_one_that_does_not_fit_the_disk_is_not_begun(folder: Path) -> None:
    with pytest.raises(InputError, match=r"40\d+ bytes do not fit the disk; allowed: up to \d+ bytes, or"):
        kept_array("rows", (10**15, 40), Maker(), "a")
    assert list((folder / FOLDER).iterdir()) == []


def test_a_second_process_waits_and_makes_none(folder: Path, tmp_path: Path) -> None:
    program = (
        "import sys, time, numpy as np\n"
        "from ipcircuit.kept_array import kept_array\n"
        "def fill(values):\n"
        f"    open({str(tmp_path / 'made')!r}, 'a').write('x')\n"
        "    time.sleep(0.5)\n"
        "    values[:] = 7\n"
        "    return len(values), None\n"
        "print(int(kept_array('rows', (2, 3), fill, 'a').values.sum()))\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=60)[0].strip() for process in processes] == ["42", "42"]
    assert (tmp_path / "made").read_text() == "x"
