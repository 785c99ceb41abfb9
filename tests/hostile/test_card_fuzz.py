"""Cards put together at random: what is accepted is in a language that can do no harm, and is read again as itself.

`make fuzz` runs it for hours: FUZZ_EXAMPLES is the number of examples (default 300).
"""

from __future__ import annotations

import os
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ipcircuit.errors import InputError
from ipcircuit.spice.models import section_text
from tests.hostile.cards import CARDS, GOOD

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))
#: A whole line of what may reach ngspice: statements and elements of the lists, and no sign that quotes, comments,
#: substitutes, redirects or ends a line.
HARMLESS = re.compile(
    r"(?:\.(?:model|param|func|subckt|ends|if|elseif|else|endif)\b|\+|[bcdefghijklmqrsvwxz])"
    r"[ a-z0-9_.+\-*/%<>=!&|?:(){},^]*"
)
_LINES = [line for card in CARDS for line in card.text.split("\n") if len(line) < 200]
_WORDS = [
    *(".model", ".param", ".func", ".subckt", ".ends", ".if", ".else", ".endif", ".lib", ".include", ".control"),
    *(
        "x",
        "nmos",
        "pmos",
        "d",
        "level",
        "version",
        "54",
        "4.8",
        "999",
        "1k",
        "1e-9",
        "-2.5",
        "vth0",
        "w",
        "l",
        "a",
        "b",
    ),
    *("m1", "r1", "x1", "v1", "b1", "v", "i", "exp", "tanh", "pulse", "file"),
    *"=(){}'\",;$#*+-/^?:`@\\><[]",
]
_GLUE = ("", " ", "\t", "\n", "\n+ ", "\r\n", "\x0c", "=")


@st.composite
def cards(draw: st.DrawFn) -> str:
    """Good models, and lines and words of cards in any order."""
    parts = draw(
        st.lists(st.one_of(st.sampled_from(_LINES), st.lists(st.sampled_from(_WORDS), max_size=8)), max_size=6)
    )
    texts = []
    for part in parts:
        words = [part] if isinstance(part, str) else part
        texts.append("".join(word + draw(st.sampled_from(_GLUE)) for word in words))
    return GOOD + "\n".join(texts) + "\n"


@given(cards())
@settings(max_examples=EXAMPLES, deadline=None)
def test_what_is_accepted_is_harmless_and_read_as_itself(text: str) -> None:
    try:
        written = section_text(text, "tt", "card.lib")
    except InputError as refused:
        message = str(refused)
        assert message.startswith("card.lib")
        assert "; found " in message
        assert "; allowed: " in message
        return
    for line in written.splitlines():
        assert HARMLESS.fullmatch(line), line
    assert section_text(written, "tt", "card.lib") == written
