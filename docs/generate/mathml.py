"""Equations of a page as MathML, which browsers draw without scripts and without the network."""

from __future__ import annotations

import html
import re

from latex2mathml.converter import convert

_SPAN = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.S)


def mathml(tex: str, display: bool) -> str:
    """An equation of TeX as a `math` element; upright words stay one identifier each."""
    converted = convert(tex, display="block" if display else "inline")
    return re.sub(r"(?:<mi mathvariant=\"normal\">(\w)</mi>){2,}", _joined, converted)


def _joined(match: re.Match[str]) -> str:
    letters = re.findall(r">(\w)<", match[0])
    return f"<mi>{''.join(letters)}</mi>"


def with_mathml(page: str) -> str:
    """A page's HTML in which every equation that arithmatex has marked is MathML."""

    def equation(match: re.Match[str]) -> str:
        tag, opening, tex = match.groups()
        return f'<{tag} class="equation">{mathml(html.unescape(tex).strip(), opening == "[")}</{tag}>'

    return _SPAN.sub(equation, page)
