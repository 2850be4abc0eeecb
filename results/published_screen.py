"""Model against published figures on a terminal of 80 columns, why they differ and where they are from."""

from __future__ import annotations

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from results.published import FIGURE, SOURCE
from results.screen import WIDTH, number

SHORT = {
    "opposite sign": "sign", "published is 0": "-", "model is 0": "zero", "not like for like": "unlike",
    "held by the closure": "held",
}  # fmt: skip
"""Words in the factor column; any other reason is printed in full below the table."""

HEADS = {"tariffs": "tariff", "goods NTMs": "NTMs", "services": "serv.", "market structure": "firms"}
"""Short heads of the contributions."""

LEGEND = {
    "sign": "sign: opposite signs",
    "zero": "zero: the model's figure is 0",
    "-": "-: the published figure is 0",
    "unlike": "unlike: not like for like, no factor",
    "held": "held: the closure fixes it",
    "n/a": "n/a: no such figure at this aggregation",
}

GAP, EDGE = 2, 3
"""What rich draws between two columns here, and around the table."""


def render(table: pd.DataFrame) -> RenderableType:
    """The frame of :func:`results.published.compare_published` as one renderable of at most 80 columns."""
    if table.empty:
        return Text("No published figure is stored for this scenario.", style="dim")
    parts = [c for c in table.columns if c not in (*FIGURE, *SOURCE)]
    heads = ["publ.", "model", "factor", *(HEADS.get(c, c) for c in parts)]
    notes = {n: _letter(k) for k, n in enumerate(dict.fromkeys(table.note))}
    records = table.to_dict("records")
    cells = [_cells(r, parts) for r in records]
    widths = [max(len(h), *(len(c[k]) for c in cells)) for k, h in enumerate(heads)]
    studies = list(dict.fromkeys(_study(r) for r in records))
    shown = []
    for k, study in enumerate(studies, start=1):
        rows = [
            (Text(f"{r['region']} {r['metric']}, {r['unit']} {notes[r['note']]}"), *c)
            for r, c in zip(records, cells, strict=True)
            if _study(r) == study
        ]
        shown.append(_table(f"[{k}] {', '.join(study)}", heads, widths, rows))
    title = Text("Model against published", style="bold underline")
    return Group(title, *shown, *_below(table, studies, notes, parts))


def _study(r: dict) -> tuple[str, str, str]:
    return r["study"], r["scenario_there"], r["horizon"]


def _table(title: str, heads: list[str], widths: list[int], rows: list[tuple]) -> Table:
    """One study: all tables have the same columns, the first one folds into the room that is left."""
    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD,
                  pad_edge=False, padding=(0, 1, 0, 0))  # fmt: skip
    table.add_column("", width=WIDTH - sum(widths) - GAP * len(widths) - EDGE, overflow="fold")
    for head, width in zip(heads, widths, strict=True):
        table.add_column(head, justify="right", no_wrap=True, width=width)
    for row in rows:
        table.add_row(*row)
    return table


def _letter(k: int) -> str:
    return f"({chr(ord('a') + k)})" if k < 26 else f"({k + 1})"


def _cells(r: dict, parts: list[str]) -> list[str]:
    """Published, model, factor, contributions: two decimals of percent, one of USD billion."""
    digits = 2 if r["unit"] == "%" else 1
    ours = digits + 1 if abs(r["model"]) < 10.0 ** (1 - digits) else digits  # a small figure keeps its digits
    return [
        number(r["published"], digits),
        number(r["model"], ours),
        _factor(r),
        *(number(r[c], ours) for c in parts),
    ]


def _factor(r: dict) -> str:
    if r["word"]:
        return SHORT.get(r["word"], "n/a")
    mark = "~" if r["comparable"] == "partly" else ""
    return mark + (f"{r['factor']:.2f}" if abs(r["factor"]) >= 0.1 else f"{r['factor']:.1g}")


def _below(
    table: pd.DataFrame, studies: list[tuple[str, str, str]], notes: dict[str, str], parts: list[str]
) -> list[RenderableType]:
    """Legend, why the figures differ, why some are missing, and the pages."""
    lines = ["factor: model over published; ~ where the two are only partly comparable."]
    used = {_factor(r) for r in table.to_dict("records")}
    lines[0] += "".join(f" {text}." for word, text in LEGEND.items() if word in used)
    if parts:
        lines.append(
            f"{', '.join(HEADS.get(c, c) for c in parts)}: what each part contributes to the model's figure "
            "(Shapley values; firms: the step from Armington to the scenario's market structure); they sum "
            "to it."
        )
    missing = {w for w in table.word if w and w not in SHORT}
    lines += [f"n/a: {w}" for w in sorted(missing)]
    out: list[RenderableType] = [Text(x) for x in lines]
    out.append(Text("Why they differ", style="bold"))
    out += [Text(f"{letter} {note}") for note, letter in notes.items()]
    out.append(Text("Published in", style="bold"))
    for k, (study, there, horizon) in enumerate(studies, start=1):
        mine = table[(table.study == study) & (table.scenario_there == there) & (table.horizon == horizon)]
        out.append(Text(f"[{k}] {study}: {there}, {horizon}"))
        for source, group in mine.groupby("source", sort=False):
            out.append(Text(f"    {source} ({', '.join(dict.fromkeys(group.confidence))})", style="dim"))
    return out
