"""One deck through plain `ngspice -b`, read back from its binary raw file.

The calibration uses this rather than the project's persistent workers, so that the card can be rebuilt with nothing but
an ngspice binary.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from ipcircuit.errors import MissingDependencyError, SimulationError

_FAILURE = re.compile(
    "aborted|timestep too small|not parsed|cannot recover|fatal|no such|unknown|unrecognized", re.IGNORECASE
)


def run_batch(deck: str, *, label: str, timeout_s: float = 120.0) -> dict[str, np.ndarray]:
    """Simulate a complete deck (title line to `.end`, exactly one analysis) and return its vectors.

    Returns:
        Real vectors by lower-case name, each of shape (n,): ``"time"`` or ``"v(v-sweep)"`` first, then the saved ones
        such as ``"v(out)"`` and ``"i(vdd)"``.

    Raises:
        MissingDependencyError: no `ngspice` program on the path.
        SimulationError: ngspice failed; the deck is kept and named.
    """
    program = shutil.which("ngspice")
    if program is None:
        raise MissingDependencyError("the program `ngspice` was not found (Debian: apt-get install ngspice)")
    folder = Path(tempfile.mkdtemp(prefix="ipcircuit-cmos-"))
    deck_path, raw_path = folder / "deck.cir", folder / "out.raw"
    deck_path.write_text(deck, encoding="utf-8")
    # OpenMP inside BSIM4 slows small circuits by orders of magnitude when two runs meet; one thread is best here.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    command = [program, "-n", "-b", str(deck_path), "-r", str(raw_path)]
    try:
        process = subprocess.run(
            command,
            env=environment,
            cwd=folder,  # BSIM4 drops its parameter-check log where it stands
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SimulationError(label, "ngspice -b", f"no result within {timeout_s:g} s", deck_path) from error
    failure = _FAILURE.search(process.stderr)
    if process.returncode != 0 or failure or not raw_path.exists():
        cause = (failure and _line_of(process.stderr, failure.start())) or process.stderr.strip()[-300:] or "no output"
        raise SimulationError(label, "ngspice -b", cause, deck_path)
    try:
        return read_raw(raw_path.read_bytes())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _line_of(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    return text[start:].split("\n", 1)[0].strip()


def read_raw(data: bytes) -> dict[str, np.ndarray]:
    """Vectors of a binary ngspice raw file with one real-valued plot, by lower-case name, each of shape (n,)."""
    header, _, body = data.partition(b"Binary:\n")
    text = header.decode("utf-8", errors="replace")
    names = [line.split("\t")[2].lower() for line in text.split("Variables:\n", 1)[1].splitlines() if line.strip()]
    values = np.frombuffer(body, dtype="<f8")
    table = values[: values.size // len(names) * len(names)].reshape(-1, len(names))
    return {name: table[:, i].copy() for i, name in enumerate(names)}
