"""Dependence and leverage on a terminal of 80 columns and as Markdown: every number is a row of the tables
``leverage`` and ``dependence``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from results.errors import ResultsError
from results.markdown import escaped, table_lines
from results.terminal import EDGES, GAP, WIDTH, number
from results.tidy import pick

Tables = Mapping[str, pd.DataFrame]
Pair = tuple[float, float]
PARTNERS = 7
"""Partners in the block of a run; the command shows more."""
MOST = 12
"""Rows of a table of the command."""

PARTNERS_NOTE = (
    "Spending: what ends as the partner's income; income: what the partner's final demand pays for, both "
    "through third countries too. Asymmetry: income at stake here less there, points of own GDP; above zero "
    "the partner has the leverage. Nothing is replaced: upper bounds, not forecasts."
)
EXPOSURE_NOTE = (
    "Share of the value of output. Direct: paid for the supplier's inputs. Chain: cost that passes through "
    "the supplier anywhere. Bound: output lost if no input above 1 % of output could be replaced, at once."
)
JOBS_NOTE = (
    "Jobs in exports: gross exports with their domestic inputs, as in official counts. In demand: what the "
    "partner's final demand pays for, through third countries too. By sector of the worker."
)

STOPS_NOTE = (
    "Welfare, % of national income, with trade shut by prohibitive costs and everybody adapting as far as "
    "the elasticities allow (years, not months). Structural: income in those exports, % of the seller's GDP, "
    "of which much finds other work: the difference is what other buyers and sellers are worth."
)


@dataclass(frozen=True)
class Block:
    """A table for readers: the first column is words, the others are numbers as printed."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def render(self) -> RenderableType:
        """At most 80 columns: numbers are never cut, the first column gets what room is left."""
        table = Table(title=self.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD,
                      pad_edge=False, show_edge=False)  # fmt: skip
        widths = [max(len(r[k]) for r in (self.headers, *self.rows)) for k in range(len(self.headers))]
        room = max(6, WIDTH - EDGES - GAP * (len(widths) - 1) - sum(widths[1:]))
        table.add_column(self.headers[0], no_wrap=True, max_width=room, overflow="ellipsis")
        for header in self.headers[1:]:
            table.add_column(header, justify="right", no_wrap=True)
        for row in self.rows:
            table.add_row(*row)
        return Group(table, Text(self.note, style="dim")) if self.note else table

    def markdown(self) -> str:
        """The same as a Markdown table with its title and note."""
        note = ["", escaped(self.note)] if self.note else []
        return "\n".join([f"**{escaped(self.title)}**", "", *table_lines(self.headers, self.rows), *note])


@dataclass(frozen=True)
class View:
    """Whose dependence (``of``) on whom (``on``), and how to print: ``names`` of regions and sectors; with
    ``changed`` every number is "before → after".
    """

    tables: Tables
    of: str
    on: str
    names: Mapping[str, str]
    changed: bool = True

    def __post_init__(self) -> None:
        """Refuse regions that are not in the tables (ResultsError)."""
        known = list(dict.fromkeys(map(str, self.tables["leverage"]["region"])))
        for region in (self.of, self.on):
            if region not in known:
                raise ResultsError(f"{region}: not a region here; choose from {', '.join(known)}")

    def label(self, code: str) -> str:
        """``CHN China``."""
        return f"{code} {self.names.get(code, '')}".strip()

    def cell(self, pair: Pair | None, digits: int, scale: float = 1.0, *, sign: bool = False) -> str:
        """``2.02 → 2.00``, or the one number of a baseline; "n/a" where there is none."""
        if pair is None:
            return "n/a"
        before, after = (number(scale * x, digits, sign=sign) for x in pair)
        return f"{before} → {after}" if self.changed else before

    def rows(self, table: str, indicator: str, by: str, **where: str) -> dict[str, Pair]:
        """Before and after of one indicator, by the labels of the column ``by``."""
        found = pick(self.tables[table], indicator=indicator, **where)
        values = zip(found["baseline"].to_list(), found["counterfactual"].to_list(), strict=True)
        return dict(zip(map(str, found[by].to_list()), values, strict=True))


def run_block(tables: Tables, focus: str, names: Mapping[str, str], most: int = PARTNERS) -> RenderableType:
    """The main partners of the focus region, before and after: at most 14 lines for the screen of a run."""
    return partners(View(tables, focus, focus, names), most).render()


def partners(view: View, most: int = MOST) -> Block:
    """Main partners by what is bought from them and earned by them in the baseline."""
    columns = ("purchases_embodied_share", "income_in_demand_share", "asymmetry_income", "jobs_in_demand")
    by = {name: view.rows("leverage", name, "partner", region=view.of, sector="") for name in columns}
    size = {
        p: by["purchases_embodied_share"][p][0] + by["income_in_demand_share"][p][0]
        for p in by["asymmetry_income"]
    }
    chosen = sorted(size, key=lambda p: -size[p])[:most]
    if view.on != view.of and view.on not in chosen:
        chosen[-1:] = [view.on]
    found = tuple(
        (
            view.label(p),
            view.cell(by["purchases_embodied_share"].get(p), 2),
            view.cell(by["income_in_demand_share"].get(p), 2),
            view.cell(by["asymmetry_income"].get(p), 1, sign=True),
            view.cell(by["jobs_in_demand"].get(p), 0),
        )
        for p in chosen
    )
    title = f"{view.of}: who rests on whom{', before → after' if view.changed else ''}"
    headers = ("Partner", "Spending %", "Income % GDP", "Asymmetry", "Jobs, thousand")
    return Block(title, headers, found, PARTNERS_NOTE)


def rest_on(view: View, most: int = MOST) -> Block:
    """Regions by the share of their income that the final demand of ``on`` pays for."""
    share = view.rows("leverage", "income_in_demand_share", "region", partner=view.on, sector="")
    share.pop(view.on, None)
    others = [
        view.rows("leverage", name, "region", partner=view.on, sector="")
        for name in ("purchases_embodied_share", "asymmetry_income", "jobs_in_demand")
    ]
    order = sorted(share, key=lambda r: -share[r][0])
    chosen = order[:most] if view.of in (*order[:most], view.on) else [*order[: most - 1], view.of]
    found = tuple(
        (
            view.label(r), view.cell(share[r], 2), view.cell(others[0].get(r), 2),
            view.cell(others[1].get(r), 1, sign=True), view.cell(others[2].get(r), 0),
        )
        for r in chosen
    )  # fmt: skip
    headers = ("Region", "Income % GDP", "Spending %", "Asymmetry", "Jobs, thousand")
    return Block(f"Who rests on {view.on}: income that its final demand pays for", headers, found)


def concentration(view: View, sectors: Sequence[str] = (), most: int = MOST) -> Block:
    """Imports of ``of`` by commodity: concentration, main supplier, the share of ``on``."""
    index = view.rows("dependence", "import_concentration", "sector", region=view.of)
    direct, embodied = (
        view.rows("dependence", f"supplier_share_{k}", "sector", region=view.of, partner=view.on)
        for k in ("direct", "embodied")
    )
    order = sorted(embodied, key=lambda i: -embodied[i][0])
    chosen = [i for i in order if i in sectors] if sectors else order[:most]
    found = []
    for i in chosen:
        sources = view.rows("dependence", "import_share", "partner", region=view.of, sector=i)
        first = max(sources, key=lambda p: sources[p][1], default="")
        main = f"{first} {number(100 * sources[first][1], 0, sign=False)} %" if first else "none"
        shares = (view.cell(part[i], 1, 100) for part in (direct, embodied))
        found.append((view.label(i), view.cell(index[i], 0), main, *shares))
    title = f"{view.of}: its purchases by commodity, and the share of {view.on} in them"
    headers = ("Commodity", "HHI", "Main source", f"{view.on} direct %", "embodied %")
    note = (
        "HHI: concentration of imports over suppliers, 0 to 10,000. Main source: its share of imports"
        f"{', after' if view.changed else ''}. Direct and embodied: share of all purchases, home goods "
        "included; embodied is what ends as the supplier's income."
    )
    return Block(title, headers, tuple(found), note)


def exposure(view: View, sectors: Sequence[str] = (), most: int = MOST) -> Block:
    """Exposure of the sectors of ``of`` to a stop of ``on``."""
    names = ("stop_exposure_direct", "stop_exposure_total", "stop_bound")
    by = [view.rows("dependence", name, "sector", region=view.of, partner=view.on) for name in names]
    whole = [part.pop("", None) for part in by]
    order = sorted(by[1], key=lambda j: -by[1][j][0])
    chosen = [j for j in order if j in sectors] if sectors else order[:most]
    found = [(view.label(j), *(view.cell(part[j], 1, 100) for part in by)) for j in chosen]
    found.append(("all sectors, by output", *(view.cell(row, 1, 100) for row in whole)))
    title = f"{view.of}: output exposed to a stop of {view.on} (%)"
    return Block(title, ("Sector", "Direct", "Chain", "Bound"), tuple(found), EXPOSURE_NOTE)


def jobs(view: View, sectors: Sequence[str] = (), most: int = MOST) -> Block:
    """Jobs of ``of`` by sector in exports to ``on`` and in its final demand, thousand persons."""
    names = ("jobs_in_exports", "jobs_in_demand")
    by = [view.rows("leverage", name, "sector", region=view.of, partner=view.on) for name in names]
    whole = [part.pop("", None) for part in by]
    order = sorted(by[0], key=lambda j: -by[0][j][0])
    chosen = [j for j in order if j in sectors] if sectors else order[:most]
    found = [(view.label(j), *(view.cell(part[j], 1) for part in by)) for j in chosen]
    found.append(("all sectors", *(view.cell(row, 1) for row in whole)))
    title = f"{view.of}: jobs that rest on {view.on} (thousand persons)"
    return Block(title, ("Sector", "In exports", "In its demand"), tuple(found), JOBS_NOTE)


def stops(view: View, sectors: Sequence[str] = ()) -> list[Block]:
    """What stops of trade (in ``sectors``, if any) cost both sides, one table for every pair that was solved;
    empty without any.
    """
    if "stops" not in view.tables:
        return []
    mine = pick(view.tables["stops"], region=view.on)
    return [_stops(view, str(p), sectors) for p in dict.fromkeys(mine["partner"])]


def _stops(view: View, other: str, sectors: Sequence[str]) -> Block:
    def welfare(region: str, partner: str, kind: str) -> str:
        found = view.rows("stops", f"stop_welfare_{kind}", "region", region=region, partner=partner)
        return view.cell(found.get(region), 2, sign=True)

    def structural(seller: str, buyer: str) -> str:
        where = {"region": seller, "partner": buyer, "sector": ""}
        return view.cell(view.rows("leverage", "income_in_exports_share", "region", **where).get(seller), 2)

    on = view.on
    found = (
        (f"{on} buys nothing from {other}", structural(other, on), welfare(other, on, "sales"),
         welfare(on, other, "purchases")),
        (f"{on} sells nothing to {other}", structural(on, other), welfare(other, on, "purchases"),
         welfare(on, other, "sales")),
        ("no trade at all", "", welfare(other, on, "both"), welfare(on, other, "both")),
    )  # fmt: skip
    title = f"What a stop of trade between {on} and {other} costs"
    headers = ("Stop", "Structural", f"Welfare {other}", f"Welfare {on}")
    left = view.rows("stops", "stop_trade_left_both", "region", region=on, partner=other).get(on)
    shown = " → ".join(f"{x:.2g}" for x in (left or ())[: 1 + view.changed]) or "n/a"
    more = f" Left of the trade that is shut (the cost is finite), %: {shown}."
    if not sectors:
        return Block(f"{title} (%)", headers, found, STOPS_NOTE + more)
    within = f"{title} in {', '.join(sectors)} (%)"
    words = f"{title} in some sectors (%)" if len(within) > WIDTH else within
    fewer = tuple((row[0], *row[2:]) for row in found)  # the structural share is of all exports
    return Block(words, (headers[0], *headers[2:]), fewer, STOPS_NOTE.partition(" Structural")[0] + more)


def blocks(view: View, sectors: Sequence[str] = ()) -> list[Block]:
    """All tables of the command. ``sectors``: only these (ResultsError where one is unknown)."""
    known = list(dict.fromkeys(map(str, view.tables["dependence"]["sector"])))
    wrong = [s for s in sectors if s not in known or not s]
    if wrong:
        raise ResultsError(
            f"sector {', '.join(wrong)}: not here; choose from {', '.join(filter(None, known))}"
        )
    return [
        partners(view), rest_on(view), concentration(view, sectors), exposure(view, sectors),
        jobs(view, sectors), *stops(view, sectors),
    ]  # fmt: skip
