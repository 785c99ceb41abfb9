"""Files of a model card as statements with the place each came from: sizes bounded, includes only below its folder."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ipcircuit.errors import InputError

MOST_BYTES = 16 * 2**20  # of a card with everything it includes
MOST_FILES = 256
MOST_CHARACTERS = 2**18  # of one statement: a binned BSIM4 model has some 20,000
MAX_DEPTH = 16  # of files that include files
_SHOWN = 60  # characters of what was found, in a message
_COMMENT = re.compile(r";|(?<=\s)(?:\$|//)|^(?:\$|//)")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
FileStates = dict[str, tuple[int, int, int] | None]


@dataclass(frozen=True)
class Line:
    """One line without its comment and the ``+`` of a continuation, and where it stands."""

    text: str
    file: str
    number: int

    @property
    def where(self) -> str:
        """Place for messages."""
        return f"{self.file}, line {self.number}"


@dataclass(frozen=True)
class Statement:
    """A line with its continuation lines."""

    lines: tuple[Line, ...]

    @property
    def words(self) -> list[str]:
        """Words of the first line."""
        return self.lines[0].text.split()

    @property
    def command(self) -> str:
        """First word in lower case."""
        return self.words[0].lower()

    @property
    def text(self) -> str:
        """The whole statement in one line."""
        return " ".join(line.text for line in self.lines)

    def error(self, problem: str, allowed: str, found: str | None = None, line: Line | None = None) -> InputError:
        """Error at `line` (default: the first) about `found` (default: the beginning of the statement)."""
        text = self.text if found is None else found
        return InputError(
            problem,
            where=(line or self.lines[0]).where,
            found=text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …",
            allowed=allowed,
        )


@dataclass
class Reading:
    """One reading of a card: the folder that its includes must lie in, and how much has been read.

    Attributes:
        root: real path of that folder.
        states: state of each file read, by path.
    """

    root: Path
    states: FileStates = field(default_factory=dict)
    bytes_left: int = MOST_BYTES
    files_left: int = MOST_FILES

    @classmethod
    def below(cls, folder: Path) -> Reading:
        """Reading of a card whose files lie in or below a folder."""
        return cls(Path(os.path.realpath(folder)))

    def statements(self, path: Path, reference: Statement | None = None) -> list[Statement]:
        """Statements of a file, which another's statement `reference` may have named.

        Raises:
            InputError: unreadable, no regular file, too large, or not text.
        """
        return list(statements(self._content(path, reference), str(path)))

    def included(self, name: str, statement: Statement) -> Path:
        """Path of a file that a statement includes, relative to the file that the statement stands in.

        Raises:
            InputError: it lies outside the card's folder, followed through links.
        """
        path = Path(statement.lines[0].file).parent / name
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(self.root):
            raise statement.error("included file lies outside the card's folder", f"files below {self.root}", name)
        return path

    def _content(self, path: Path, reference: Statement | None) -> str:
        where = str(path) if reference is None else f"{reference.lines[0].where}: {path}"
        self.files_left -= 1
        if self.files_left < 0:
            raise InputError("too many included files", where=where, found="one more", allowed=f"{MOST_FILES}")
        try:
            # Without blocking: a named pipe would wait for a writer for ever.
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
            with os.fdopen(handle, "rb") as file:
                status = os.fstat(handle)
                if not stat.S_ISREG(status.st_mode):
                    raise OSError(0, "not a regular file")
                data = file.read(self.bytes_left + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(
                f"cannot read the model file: {reason}", where=where, found=path.name, allowed="a SPICE model file"
            ) from error
        if len(data) > self.bytes_left:
            raise InputError(
                "model file too large",
                where=where,
                found=f"{max(status.st_size, len(data))} bytes",
                allowed=f"{MOST_BYTES} bytes with all included files",
            )
        self.bytes_left -= len(data)
        self.states[str(path)] = (status.st_size, status.st_mtime_ns, status.st_ino)
        # Latin-1 decodes any byte: foundry files carry such characters in comments, and SPICE itself is ASCII.
        text = data.decode("latin-1")
        if "\0" in text:
            raise InputError("not a text file", where=where, found="\0", allowed="a SPICE model file")
        return text


def unchanged(states: FileStates) -> bool:
    """Whether the files are still as they were read."""
    for path, known in states.items():
        try:
            status = os.stat(path)
        except OSError:
            return False
        if known != (status.st_size, status.st_mtime_ns, status.st_ino):
            return False
    return True


def statements(text: str, file: str) -> Iterator[Statement]:
    """Statements of a model file's text up to its ``.end``; `file` is its name in messages.

    Raises:
        InputError: a character that is no printable ASCII outside comments, a continuation of nothing, a statement that
            is too long or stands after ``.end``.
    """
    pending: list[Line] = []
    length, ended = 0, False
    for line in _lines(text, file):
        if ended:
            raise Statement((line,)).error("statement after .end", "comments and blank lines")
        if line.text[0] == "+":
            if not pending:
                raise Statement((line,)).error("continuation line without a statement", "a statement before it")
            rest = line.text[1:].strip()
            length += len(rest)
            if length > MOST_CHARACTERS:
                raise Statement(tuple(pending)).error("statement too long", f"{MOST_CHARACTERS} characters")
            if rest:
                pending.append(Line(rest, file, line.number))
            continue
        if pending:
            yield Statement(tuple(pending))
        pending, length = [line], len(line.text)
        if length > MOST_CHARACTERS:
            raise Statement((line,)).error("statement too long", f"{MOST_CHARACTERS} characters")
        if line.text.lower() == ".end":
            pending, ended = [], True
    if pending:
        yield Statement(tuple(pending))


def _lines(text: str, file: str) -> Iterator[Line]:
    # Not `splitlines`: it also splits at form feeds and others, where SPICE does not.
    for number, raw in enumerate(text.split("\n"), 1):
        content = raw.strip(" \t\r")
        if not content or content[0] == "*":
            continue
        content = _COMMENT.split(content, maxsplit=1)[0].replace("\t", " ").strip()
        if not content:
            continue
        line = Line(content, file, number)
        if bad := _UNPRINTABLE.search(content):
            raise Statement((line,)).error("character that is not plain text", "printable ASCII", bad[0])
        yield line
