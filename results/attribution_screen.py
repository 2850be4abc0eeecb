"""Contributions and coalitions on a terminal of 80 columns, as Markdown and as JSON."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from results.attribution import Attribution
from results.coalitions import Coalitions
from results.markdown import escaped, table_lines
from results.screen import NOTES, WIDTH, coloured, number
from results.side_by_side_screen import folded
from results.store import plain
from results.tidy import pick

WORDS = {
    "welfare_ev": "Welfare (equivalent variation)", "real_gdp": "Real GDP", "exports_volume": "Exports",
    "displaced": "Workers displaced", "employment": "Employment",
}  # fmt: skip
KIND = {
    "members": "Who acts: contribution of each government",
    "provisions": "What it does: contribution of each kind of provision",
    "packages": "Contribution of each package, whatever the order",
}
MOST = 16
"""Coalitions on the screen; the table has all."""


def render(a: Attribution, *, ascii_only: bool = False) -> Group:
    """All figures, then the coalitions if they were asked for. Nothing here needs other signs than ASCII's,
    so ``ascii_only`` changes nothing.
    """
    parts: list[RenderableType] = [
        Text(a.title or a.name, style="bold underline"),
        Text(f"{KIND[a.by]}. {method(a)}"),
    ]
    for indicator, region in keys(a):
        parts.append(_figure(a, indicator, region))
    if a.coalitions is not None:
        parts += coalition_parts(a.coalitions)
    parts.append(
        Text("Alone: this one only. Last: what is lost when it alone is missing. Changes from the baseline; "
             "contributions sum to the total.", style="dim")
    )  # fmt: skip
    parts += [Text(f"Note: {n}") for n in a.notes[:NOTES]]
    if len(a.notes) > NOTES:
        parts.append(Text(f"Note: {len(a.notes) - NOTES} more in the JSON."))
    return Group(*parts)


def method(a: Attribution) -> str:
    """How the contributions were found, in one sentence."""
    if a.orders:
        return (
            f"Shapley values from {a.orders} random orders in antithetic pairs (seed {a.seed}); "
            f"{a.solved} coalitions solved; +/- is one standard error."
        )
    return f"Shapley values, exact; {a.solved} coalitions solved."


def keys(a: Attribution) -> list[tuple[str, str]]:
    """Figures in the order of the table: indicator and region."""
    both = a.table[["indicator", "region"]].drop_duplicates()
    return [(str(i), str(r)) for i, r in both.itertuples(index=False)]


def name(indicator: str) -> str:
    """``jobs:manufacturing`` as ``Jobs in manufacturing``."""
    word, colon, group = indicator.partition(":")
    return f"{word.capitalize()} in {group.replace('_', ' ')}" if colon else WORDS.get(word, word)


def _rows(a: Attribution, indicator: str, region: str) -> pd.DataFrame:
    rows = pick(a.table, indicator=indicator, region=region)
    return rows.iloc[np.argsort(-np.abs(rows["contribution"].to_numpy()), kind="stable")]


def decimals(unit: str) -> int:
    """Digits after the point: none for USD million, two for thousand persons."""
    return 0 if unit.startswith("USD million") else 2


def _figure(a: Attribution, indicator: str, region: str) -> Table:
    rows = _rows(a, indicator, region)
    unit = str(rows["unit"].iloc[0])
    digits = decimals(unit)
    table = _table(f"{region}: {name(indicator)}, {unit}")
    headers = ["contribution", *(["+/-"] if a.orders else []), "% of total", "alone", "last"]
    table.add_column(a.by.capitalize(), no_wrap=True, max_width=22)
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True)
    for row in rows.to_dict("records"):
        error = [number(row["standard_error"], digits, sign=False)] if a.orders else []
        table.add_row(
            Text(folded(str(row["player"]), 22)),
            coloured(row["contribution"], digits),
            *error,
            number(row["percent_of_total"], 1),
            number(row["alone"], digits),
            number(row["last"], digits),
        )
    table.add_section()
    total = a.totals[f"{indicator}|{region}"]
    table.add_row(Text("total", style="bold"), coloured(total, digits, bold=True))
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)


def coalition_parts(c: Coalitions) -> list[RenderableType]:
    """Who would leave and join, the stable coalitions, and how few bring most of the gain."""
    parts: list[RenderableType] = [Text("Coalitions", style="bold underline")]
    parts += [Text(sentence) for sentence in sentences(c)]
    shown = selected(c)
    table = _table(
        f"Gains by coalition, USD million a year ({len(shown)} of {len(c.table)} that do anything)"
    )
    table.add_column("Coalition", overflow="fold", max_width=24)
    for header in ("members", "focus", "outside"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("would leave", overflow="fold", max_width=12)
    table.add_column("would join", overflow="fold", max_width=12)
    for row in shown.to_dict("records"):
        table.add_row(
            Text(short(str(row["coalition"]), c.players)),
            *(coloured(row[k], 0) for k in ("members_gain", "focus_gain", "outsiders_gain")),
            Text(moves(row, "would_leave", "internally_stable")),
            Text(moves(row, "would_join", "externally_stable")),
        )
    parts.append(table)
    return parts


def short(coalition: str, players: Sequence[str]) -> str:
    """A coalition's name; ``all`` and ``all but MEX`` where that says it in fewer words."""
    missing = [p for p in players if p not in coalition.split()]
    if not missing and len(players) > 3:
        return f"all {len(players)}"
    return f"all but {' '.join(missing)}" if 2 * len(missing) + 2 < len(players) else coalition


def moves(row: Any, who: str, stable: str) -> str:
    """Who moves; "nobody" where that is known, "?" where it is not."""
    if row[who]:
        return str(row[who])
    return "nobody" if row[stable] == "yes" else "?"


def sentences(c: Coalitions) -> list[str]:
    """What the coalitions come to, in words."""
    out = [] if c.complete else ["Not every coalition was solved: what was not is left open (?)."]
    for s in c.smallest:
        whose = "all players together" if s.of == "members" else s.of
        proof = "no smaller one does" if s.proven else "the smallest found; a smaller one may exist"
        out.append(
            f"{len(s.members)} of {len(c.players)} bring {s.share:.0%} of the gain of {whose} "
            f"({number(s.gain, 0)} USD million): {', '.join(s.members)} ({proof})."
        )
    if not c.smallest:
        out.append("All together gain nothing, for the focus or for the players in sum: no share to bring.")
    for side, words in (("internally", "nobody would leave"), ("externally", "nobody would join")):
        stable = c.table[c.table[f"{side}_stable"] == "yes"]
        surely = "" if c.complete else "known to be "
        of = f"{len(stable)} of {len(c.table)} coalitions that do anything"
        out.append(f"{of} are {surely}{side} stable ({words}).")
    return out


def selected(c: Coalitions) -> pd.DataFrame:
    """Rows for the screen: all together, the smallest with most of the gain, the stable, the best."""
    rows = c.table.to_dict("records")
    everyone, few = " ".join(c.players), {" ".join(s.members) for s in c.smallest}

    def rank(row: Any) -> tuple[int, float]:
        stable = row["internally_stable"] == row["externally_stable"] == "yes"
        near = row["size"] == len(c.players) - 1
        kinds = (row["coalition"] == everyone, row["coalition"] in few, stable, near, True)
        return kinds.index(True), -row["members_gain"]

    return pd.DataFrame(sorted(rows, key=rank)[:MOST], columns=c.table.columns)


def text(a: Attribution) -> str:
    """What the screen shows, as plain text of 80 columns."""
    console = Console(width=WIDTH, file=io.StringIO(), record=True, color_system=None)
    console.print(render(a))
    return console.export_text()


def markdown(a: Attribution) -> str:
    """The same as Markdown."""
    out = [f"# {escaped(a.title or a.name)}", "", escaped(f"{KIND[a.by]}. {method(a)}")]
    for indicator, region in keys(a):
        rows = _rows(a, indicator, region)
        unit = str(rows["unit"].iloc[0])
        digits = decimals(unit)
        headers = [a.by.capitalize(), "contribution", "+/-", "% of total", "alone", "last"]
        body = [
            [
                str(r["player"]), number(r["contribution"], digits),
                number(r["standard_error"], digits, sign=False) if a.orders else "exact",
                number(r["percent_of_total"], 1), number(r["alone"], digits), number(r["last"], digits),
            ]
            for r in rows.to_dict("records")
        ]  # fmt: skip
        body.append(["total", number(a.totals[f"{indicator}|{region}"], digits), "", "", "", ""])
        out += ["", f"## {escaped(f'{region}: {name(indicator)}, {unit}')}", "", *table_lines(headers, body)]
    if a.coalitions is not None:
        out += ["", "## Coalitions", "", *(f"- {escaped(s)}" for s in sentences(a.coalitions)), ""]
        headers = ["Coalition", "members", "focus", "outside", "would leave", "would join"]
        body = [
            [
                short(str(r["coalition"]), a.coalitions.players),
                *(number(r[k], 0) for k in ("members_gain", "focus_gain", "outsiders_gain")),
                moves(r, "would_leave", "internally_stable"), moves(r, "would_join", "externally_stable"),
            ]
            for r in selected(a.coalitions).to_dict("records")
        ]  # fmt: skip
        out += table_lines(headers, body)
    if a.notes:
        out += ["", "## Notes", "", *(f"- {escaped(n)}" for n in a.notes)]
    return "\n".join(out) + "\n"


def as_json(a: Attribution) -> dict[str, Any]:
    """JSON-ready content, with every solved coalition if they were asked for."""
    out: dict[str, Any] = {
        "scenario": a.name, "title": a.title, "by": a.by, "players": list(a.players),
        "exact": not a.orders, "orders": a.orders, "seed": a.seed, "coalitions_solved": a.solved,
        "table": a.table.to_dict("records"), "totals": dict(a.totals), "notes": list(a.notes),
    }  # fmt: skip
    c = a.coalitions
    if c is not None:
        out["coalitions"] = {
            "complete": c.complete,
            "most": c.most,
            "smallest": [vars(s) for s in c.smallest],
            "table": c.table.to_dict("records"),
            "gains": c.gains.to_dict("records"),
        }
    return plain(out)
