"""ngspice's messages: whether a run failed, and its cause in one line."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ipcircuit.spice.protocol import Failure

# Retries (gmin and source stepping) talk on stderr too and say "failed" on the way to success: they are not errors.
_FATAL = re.compile(
    r"aborted|time ?step too small|not parsed|cannot recover|not started|interrupted"
    r"|unknown subckt|aren't any circuits|undefined parameter|fatal error",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"^(note:|trying gmin|supplies reduced|reference value|warning: (further|last|dynamic|true|source|nesting of) "
    r"|netlist line no|error on line|background thread|please check|doing analysis)|^\s*$",
    re.IGNORECASE,
)
_CONVERGENCE = re.compile(r"time ?step too small|singular matrix|iteration limit|no convergence", re.IGNORECASE)
_REJECTION = re.compile(r"not parsed|not started|valid modelname", re.IGNORECASE)
_POISON = re.compile(r"cannot recover", re.IGNORECASE)
_LONGEST = 400


def is_fatal(stderr: Iterable[str]) -> bool:
    """True when stderr says that the run did not happen or did not finish."""
    return any(_FATAL.search(line) for line in stderr)


def failure(stderr: Iterable[str]) -> Failure:
    """Reason why a deck that was loaded did not finish."""
    text = "\n".join(stderr)
    if _CONVERGENCE.search(text):
        return Failure.NO_CONVERGENCE
    return Failure.REJECTED if _REJECTION.search(text) else Failure.ABORTED


def is_poisoned(stderr: Iterable[str]) -> bool:
    """True when the library asks to be detached: every later deck of this process would fail."""
    return any(_POISON.search(line) for line in stderr)


def cause(stderr: Iterable[str]) -> str:
    """The lines of stderr that explain a failure, without the chatter of retries, joined by ``"; "``."""
    parts = (part.strip() for line in stderr for part in re.split(r"[\r\n]|(?<=%)\s|(?=Warning:)|(?=Note:)", line))
    kept = dict.fromkeys(part for part in parts if not _CHATTER.match(part))
    text = "; ".join(kept)
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + " …"
