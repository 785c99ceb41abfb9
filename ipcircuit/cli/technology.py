"""`ipcircuit technology`: the CMOS processes, and what one does in ngspice beside what its file states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ipcircuit.cli import completion, console
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json

#: Title, factor and unit of each figure in tables.
_SHOWN = {
    **{f"i_on_{p}": (f"I_on {p}", 1.0, "µA/µm") for p in "np"},
    **{f"i_off_{p}": (f"I_off {p}", 1e3, "nA/µm") for p in "np"},
    **{f"v_th_lin_{p}": (f"V_th,lin {p}", 1e3, "mV") for p in "np"},
    **{f"v_th_sat_{p}": (f"V_th,sat {p}", 1e3, "mV") for p in "np"},
    **{f"dibl_{p}": (f"DIBL {p}", 1e3, "mV/V") for p in "np"},
    **{f"swing_{p}": (f"swing {p}", 1e3, "mV/dec") for p in "np"},
    "v_switch": ("inverter threshold", 1e3, "mV"),
    "inverter_gain": ("inverter gain", 1.0, ""),
    "fo4": ("FO4 delay", 1e12, "ps"),
    "ring_delay": ("ring: delay per stage", 1e12, "ps"),
    "ring_energy": ("ring: energy per stage, cycle", 1e15, "fJ"),
}
_VERDICTS = {True: "pass", False: "FAIL", None: ""}


def group() -> typer.Typer:
    """The commands below `ipcircuit technology`."""
    app = typer.Typer(name="technology", help="CMOS processes: those built in, and your own.", no_args_is_help=True)
    app.command("list")(list_command)
    app.command("check")(check_command)
    return app


def list_command(json: Json = False) -> None:
    """The built-in technologies; any command that simulates takes one, or your own file, as --technology."""
    from ipcircuit.technology.catalog import names, technology

    rows = [_row_json(technology(name)) for name in names()]
    if json:
        console.print_json(rows)
        return
    cells = [
        (r["technology"], r["summary"], f"{r['length_m'] * 1e9:g}", f"{r['v_dd_V']:g}", " ".join(r["corners"]))
        for r in rows
    ]
    columns = ["technology", "what it is", "L (nm)", "V_DD (V)", "corners"]
    console.print_table("technologies", columns, cells, right=columns[2:4])


def _row_json(technology: Any) -> dict[str, Any]:
    return {
        "technology": technology.name,
        "summary": technology.summary,
        "length_m": technology.length.value,
        "width_m": technology.width.value,
        "v_dd_V": technology.v_dd.value,
        "corners": list(technology.corner_names),
        "models": technology.card_label,
    }


def check_command(
    technology: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE", help="A built-in name, or your own as TOML.", autocompletion=completion.technologies
        ),
    ],
    corner: Annotated[
        str | None,
        typer.Option(
            help="Corner of the figures; default: tt, else the first.",
            autocompletion=completion.corners,
        ),
    ] = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """Currents, thresholds, inverter, delays and energy, beside what the file states; convergence at all corners.

    Exit code 1 if a figure misses the range that the file states, or a corner does not work at an end of the range of
    temperatures.
    """
    from ipcircuit.technology import catalog
    from ipcircuit.technology.check import check_technology

    chosen = catalog.technology(technology)
    with console.progress_bar(f"checking {chosen.name}") as progress:
        result = check_technology(chosen, corner, n_jobs=jobs, progress=progress).to_json()
    console.print_json(result) if json else show(result)
    if not result["pass"]:
        raise typer.Exit(1)


def show(result: Mapping[str, Any]) -> None:
    """Figures beside the stated ones, then the corners."""
    rows, sources = [], {}
    for figure in result["figures"]:
        name, scale, unit = _SHOWN[figure["figure"]]
        value, stated, low, high = (
            console.number(None if figure[key] is None else scale * figure[key]) if figure[key] is not None else ""
            for key in ("value", "stated", "low", "high")
        )
        rows.append((name, unit, value or "–", stated, f"{low} to {high}" if low else "", _VERDICTS[figure["pass"]]))
        if figure["source"]:
            sources.setdefault(figure["source"], []).append(name)
    conditions = f"{result['corner']}, {result['temperature_C']:g} °C, V_DD {result['v_dd_V']:g} V"
    below = [f"stated ({', '.join(names)}): {source}" for source, names in sources.items()]
    columns = ["figure", "unit", "simulated", "stated", "allowed", "result"]
    below.append(f"card: {result['models']}")
    title = f"{result['technology']}: {conditions}"
    console.print_table(title, columns, rows, right=columns[2:4], below="\n".join(below))
    _show_corners(result)


def _show_corners(result: Mapping[str, Any]) -> None:
    rows = []
    for c in result["corners"]:
        pairs = [
            " / ".join("–" if c[f"{name}_{p}"] is None else f"{scale * c[f'{name}_{p}']:.{digits}g}" for p in "np")
            for name, scale, digits in (("i_on", 1.0, 4), ("i_off", 1e3, 3), ("v_th_sat", 1e3, 3))
        ]
        gates = [
            "–" if c[name] is None else f"{scale * c[name]:.3g}"
            for name, scale in (("v_switch", 1e3), ("inverter_gain", 1.0), ("fo4", 1e12))
        ]
        verdict = "ok" if c["status"] == "converges" else "FAILS"
        rows.append((c["corner"], f"{c['temperature_C']:g}", *pairs, *gates, verdict))
    causes = [f"{c['corner']}, {c['temperature_C']:g} °C: {c['cause']}; deck {c['deck']}" for c in result["corners"]]
    failing = [text for c, text in zip(result["corners"], causes, strict=True) if c["cause"]]
    columns = ["corner", "°C", "I_on n / p", "I_off n / p", "V_th n / p", "V_sw", "gain", "FO4", ""]
    units = "currents in µA/µm and nA/µm, V_th at saturation and inverter threshold in mV, FO4 in ps"
    below = "\n".join([units, *failing, f"all together: {'pass' if result['pass'] else 'FAIL'}"])
    title = f"{result['technology']}: corners, V_DD {result['v_dd_V']:g} V"
    console.print_table(title, columns, rows, right=columns[1:8], below=below)
