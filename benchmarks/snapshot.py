"""Every number the commands print, kept in a file and compared with an earlier one.

    python benchmarks/snapshot.py save before.json                 # in the old checkout
    python benchmarks/snapshot.py compare before.json              # in the new one: runs everything again
    python benchmarks/snapshot.py compare before.json after.json   # two files

Numbers must agree within 1e-9 relative, texts be the same; of a long text the first line that differs is shown. What is
only in one of the two is listed. Exit code 1 where anything differs. `--only WORD` takes commands that contain WORD.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RELATIVE = 1e-9
COMMANDS = (  # {circuit}: every circuit that comes with the package
    "list",
    "characterize {circuit}",
    "check {circuit}",
    "claims",
    "compare",
    "montecarlo {circuit} --seed 0 -n {copies}",
    "corners comparator",
    "netlist {circuit}",
    "study filters --quick",
    "study window --quick",
    "study memory --quick --seeds 1 -o {folder}/memory",
    "study signed --quick --seeds 1",
)


def commands() -> list[str]:
    """Every command line; a folder is still to be put in."""
    listed = run("list", Path())["circuits"]
    names = [entry["name"] for entry in listed if entry["source"] == "built-in"]
    lines = []
    for command in COMMANDS:
        for name in names if "{circuit}" in command else [""]:
            copies = 4 if "lif" in name else 20  # each a train of spikes, which takes long
            lines.append(command.replace("{circuit}", name).replace("{copies}", str(copies)))
    return lines


def run(command: str, folder: Path) -> Any:
    """JSON of one command; a failed one is its exit code and message."""
    arguments = command.format(folder=folder).split()
    result = subprocess.run(
        [sys.executable, "-m", "ipcircuit", *arguments, "--json"], capture_output=True, text=True, check=False
    )
    try:
        return json.loads(result.stdout)
    except ValueError:
        return {"exit_code": result.returncode, "stderr": result.stderr[-2000:]}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of every leaf; rows with a name are keyed by it, so that their order does not matter."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}/{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            label = (
                next((item[k] for k in ("id", "name", "curve") if k in item), None) if isinstance(item, dict) else None
            )
            yield from leaves(item, f"{path}/{number if label is None else label}")
    else:
        yield path, value


def differences(before: Any, after: Any) -> list[str]:
    """One line for every leaf that differs."""
    old, new = dict(leaves(before)), dict(leaves(after))
    lines = [f"only before: {path}" for path in _only(old, new)] + [f"only after: {path}" for path in _only(new, old)]
    for path in old.keys() & new.keys():
        a, b = old[path], new[path]
        if isinstance(a, int | float) and isinstance(b, int | float) and not isinstance(a, bool):
            if not math.isclose(a, b, rel_tol=RELATIVE, abs_tol=0.0):
                lines.append(f"number: {path}: {a!r} -> {b!r}")
        elif a != b:
            pairs = itertools.zip_longest(str(a).splitlines(), str(b).splitlines(), fillvalue="")
            first = next((f"{x!r} -> {y!r}" for x, y in pairs if x != y), f"{a!r} -> {b!r}")
            lines.append(f"text: {path}: {first}")
    return sorted(lines)


def _only(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Paths of one side that the other lacks, those below a common folder as that folder."""
    present = {path[:end] for path in other for end in range(len(path) + 1) if path[end : end + 1] in ("", "/")}
    shortest = set()
    for path in one.keys() - other.keys():
        ends = (end for end in range(1, len(path) + 1) if path[end : end + 1] in ("", "/"))
        shortest.add(next((path[:end] for end in ends if path[:end] not in present), path))
    return sorted(shortest)


def record(only: str) -> dict[str, Any]:
    """Every command's JSON, by command."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for command in commands():
            if only in command:
                print(command, file=sys.stderr, flush=True)
                results[command] = run(command, Path(folder))
    return results


def main() -> None:
    """Save or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("save", "compare"))
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path, nargs="?")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    os.environ["IPCIRCUIT_CACHE"] = "off"  # simulate: a stored result would only be compared with itself
    if options.action == "save":
        options.before.write_text(json.dumps(record(options.only), indent=1, ensure_ascii=False), encoding="utf-8")
        return
    before = json.loads(options.before.read_text(encoding="utf-8"))
    after = json.loads(options.after.read_text(encoding="utf-8")) if options.after else record(options.only)
    worst = 0
    for command in before:
        if options.only in command:
            lines = differences(before[command], after.get(command))
            print(f"{command}: {'as before' if not lines else f'{len(lines)} differences'}")
            print("".join(f"    {line}\n" for line in lines), end="")
            worst = max(worst, bool(lines))
    raise SystemExit(worst)


if __name__ == "__main__":
    main()
