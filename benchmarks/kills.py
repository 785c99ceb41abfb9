"""Kill `montecarlo`, `train` and `report` at random moments, start each again, and compare with an undisturbed run.

    python benchmarks/kills.py [--kills N] [--seed S] [COMMAND ...]

Every kill is a SIGKILL of the command and all its processes. The same command is then given again until it has been
killed twice or ends; its files and its JSON must be those of the undisturbed run, byte for byte, but for what states a
moment (date, seconds), and no other file may be left.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

COMMANDS = {
    "montecarlo": "montecarlo comparator -n 120 --fidelity multi --reference 12 --seed 3 -o out --json",
    "train": "train nback --n 1 --model ipnet --quick --steps 30 --seeds 0,1 -o out --json",
    "report": "report -o out",
}
MOMENTS = ("seconds", "date")  # keys of a run that state when and how long
TIMES = ("timings", "versions")  # tables of the report that do, in files of their own and in the page


def start(command: str, folder: Path, cache: Path) -> subprocess.Popen[bytes]:
    """The command in `folder`, as the leader of its own process group."""
    environment = {**os.environ, "IPCIRCUIT_CACHE": str(cache), "OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "ipcircuit", *command.split()],
            cwd=folder,
            env=environment,
            stdout=out,
            stderr=errors,
            start_new_session=True,
        )


def killed_after(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Kill the process and its children after some time; False where it had ended by then."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return False
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True


def without_moments(value: Any) -> Any:
    """JSON without the keys that state a moment."""
    if isinstance(value, dict):
        return {key: without_moments(item) for key, item in value.items() if key not in MOMENTS}
    return [without_moments(item) for item in value] if isinstance(value, list) else value


def content(path: Path) -> str:
    """Digest of what a file says, without moments."""
    data = path.read_bytes()
    if path.suffix == ".json" or path.name == "stdout":
        with contextlib.suppress(ValueError):
            data = json.dumps(without_moments(json.loads(data))).encode()
    elif path.suffix == ".pt":
        saved = torch.load(path, weights_only=True)
        data = repr({key: value for key, value in saved.items() if key not in MOMENTS}).encode()
    elif path.suffix == ".html":
        text = re.sub(r"Wall time by stage.*?</table>", "", data.decode(), flags=re.DOTALL)
        data = "\n".join(line for line in text.splitlines() if " UTC" not in line).encode()
    return hashlib.sha256(data).hexdigest()


def files(folder: Path) -> dict[str, str]:
    """Content of every file below a folder, by relative path; a journal's rows have their own check."""
    paths = [
        path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in ("stderr", "timings.csv")
    ]
    return {
        str(path.relative_to(folder)): "" if path.suffix == ".sqlite" or path.stem in TIMES else content(path)
        for path in paths
    }


def main() -> int:
    """Print a line per command; the number of runs that differ is the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commands", nargs="*", choices=[*COMMANDS, []], help="default: all")
    parser.add_argument("--kills", type=int, default=50, help="over all commands (default 50)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args()
    names, moments, different = options.commands or list(COMMANDS), random.Random(options.seed), 0
    for number, name in enumerate(names):
        wanted = options.kills // len(names) + (number < options.kills % len(names))
        kills = runs = lost = 0
        with tempfile.TemporaryDirectory() as scratch:
            cache, seconds, expected = Path(scratch) / "cache", [], {}
            for state in ("nothing simulated yet", "all simulated"):
                undisturbed, begin = Path(scratch) / state, time.perf_counter()
                undisturbed.mkdir()
                start(COMMANDS[name], undisturbed, cache).wait()
                seconds.append(time.perf_counter() - begin)
                expected = expected or files(undisturbed)
            lost += files(undisturbed) != expected
            while kills < wanted:
                folder = Path(scratch) / f"run {runs}"
                folder.mkdir()
                for _ in range(2):
                    warm = moments.random() < 0.5
                    chosen = cache if warm else Path(scratch) / f"cache {runs}"
                    if kills < wanted:
                        command = start(COMMANDS[name], folder, chosen)
                        kills += killed_after(command, moments.random() * seconds[warm])
                code = start(COMMANDS[name], folder, cache).wait()
                runs += 1
                if code or files(folder) != expected:
                    lost += 1
                    changed = {path for path, _ in files(folder).items() ^ expected.items()}
                    print(f"  run {runs}: exit code {code}, differs in {sorted(changed)}")
        different += lost
        took = f"{seconds[0]:.1f} s undisturbed, {seconds[1]:.1f} s with what is simulated"
        print(f"{name:12}{took}: {kills} kills, {runs} runs, {lost} different", flush=True)
    return different


if __name__ == "__main__":
    sys.exit(main())
