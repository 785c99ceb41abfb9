"""Scripts of the charts, so that the report needs no network: Vega, Vega-Lite and Vega-Embed as one file."""

from __future__ import annotations

from functools import cache
from importlib import metadata

from ipcircuit.kept import kept


@cache
def vega() -> str:
    """The bundle that vl-convert brings along; it defines ``vegaEmbed``."""

    def bundle() -> str:
        import vl_convert

        return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")

    return kept("scripts of the charts", bundle, metadata.version("vl-convert-python"))
