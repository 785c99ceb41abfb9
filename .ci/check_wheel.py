"""Compare a wheel's files with those of the source tree: every package file is in it, and nothing else is.

Usage: python .ci/check_wheel.py WHEEL
"""

from __future__ import annotations

import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(wheel: str) -> int:
    """Print the differences; 0 if there are none."""
    with open(ROOT / "pyproject.toml", "rb") as stream:
        packages = tomllib.load(stream)["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in packages
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    for name in sorted(expected - packed):
        print(f"missing from the wheel: {name}", file=sys.stderr)
    for name in sorted(packed - expected):
        print(f"not expected in the wheel: {name}", file=sys.stderr)
    print(f"{Path(wheel).name}: {len(packed)} files of {len(packages)} packages")
    return int(packed != expected)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
