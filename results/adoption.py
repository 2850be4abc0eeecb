"""Who would gain from adopting a standard: welfare with and without, one country at a time.

Everything but the country's own choice is as in the scenario: for a country that adopts there, "with" is the
scenario and "without" a solution in which it alone stays out; for a candidate it is the other way round.
Welfare is that of `results.welfare`, against the scenario's baseline; both sides have that baseline, so the
gain is exactly the difference. The gains of several countries do not add up: each is taken alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cge.solution import Solution
from results.compare import Comparison
from results.errors import ResultsError
from results.levels import levels, same_world
from results.screen import coloured
from results.tidy import COLUMNS, pick
from results.welfare import equivalent_variation

USD, SHARE = "adoption_welfare", "adoption_welfare_share"
EXTRA = ("country", "standard", "role", "adopts", "reason")
VISIBLE = 1e-8
"""Share of income below which a country neither gains nor loses: the solver's last digits."""
LEGEND = (
    "With: the country adopts the standard, exports with the access and bears the cost; without: it alone "
    "stays out. All others as in the scenario. Welfare in % of national income and USD million a year."
)
Both = tuple[float, float]


@dataclass(frozen=True)
class Outcome:
    """One country's choice on one standard.

    ``country``: a label of the database; ``region``, ``granters``: regions of the model; ``adopts``: whether
    the country adopts in the scenario; ``other``: the solution under the opposite choice, None where there is
    none, for the ``reason`` given.
    """

    country: str
    region: str
    standard: str
    granters: tuple[str, ...]
    adopts: bool
    other: Solution | None
    reason: str = ""


def table(base: Solution, new: Solution, outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Tidy rows: ``tidy.COLUMNS`` (baseline: without, counterfactual: with, change: the gain) and ``EXTRA``.

    ``region`` is whose welfare it is, the country's (``role`` adopter) or a granting importer's (granter).
    Where the model has no solution for one side, its number and the gain are empty and ``reason`` says why.
    """
    as_is = _welfare(base, new)
    rows = []
    for outcome in outcomes:
        other = None if outcome.other is None else _welfare(base, outcome.other)
        for role, regions in (("adopter", (outcome.region,)), ("granter", outcome.granters)):
            for region in regions:
                rows += _rows(outcome, role, region, as_is, other)
    return pd.DataFrame(rows, columns=[*COLUMNS, *EXTRA])


def _welfare(base: Solution, new: Solution) -> dict[str, Both]:
    """Equivalent variation in USD million and in percent of income, by region."""
    base, new = same_world(base, new)
    found = equivalent_variation(levels(base), levels(new), base.values, new.values)
    share = 100 * found.ev / found.income
    triples = zip(found.ev["r"].values, found.ev.to_numpy(), share.to_numpy(), strict=True)
    return {str(r): (float(ev), float(s)) for r, ev, s in triples}


def _rows(
    outcome: Outcome, role: str, region: str, as_is: Mapping[str, Both], other: Mapping[str, Both] | None
) -> list[dict[str, object]]:
    here = as_is[region]
    there = (float("nan"), float("nan")) if other is None else other[region]
    without, with_ = (there, here) if outcome.adopts else (here, there)
    out = []
    for k, (indicator, unit) in enumerate(((USD, "USD million"), (SHARE, "percent of income"))):
        place = {"region": region, "sector": "", "partner": outcome.region if role == "granter" else ""}
        values = {"baseline": without[k], "counterfactual": with_[k], "change": with_[k] - without[k]}
        labels = (outcome.country, outcome.standard, role, outcome.adopts, outcome.reason)
        named = {"indicator": indicator, "unit": unit, "percent": float("nan")}
        out.append({**place, **named, **values, **dict(zip(EXTRA, labels, strict=True))})
    return out


def attach(comparison: Comparison, outcomes: Sequence[Outcome]) -> Comparison:
    """The comparison with the table ``adoption``, and in the manifest what could not be solved."""
    found = table(comparison.base, comparison.new, outcomes)
    failed = {f"{o.country}, {o.standard}": o.reason for o in outcomes if o.other is None}
    manifest = {**comparison.manifest, "adoption": {"choices": len(outcomes), "failed": failed}}
    tables = {**comparison.tables, "adoption": found}
    return replace(comparison, tables=MappingProxyType(tables), manifest=MappingProxyType(manifest))


def render(c: Comparison) -> Group:
    """The report for a terminal: per standard a table of countries, then who would gain and who would not.

    ``c``: a comparison with the table ``adoption``. Raises ResultsError without one.
    """
    if "adoption" not in c.tables:
        raise ResultsError("this comparison has no adoption report: its scenario has no access shock")
    found = c.tables["adoption"]
    parts: list[RenderableType] = []
    for standard in dict.fromkeys(found["standard"]):
        mine = pick(found, standard=standard)
        parts += [_screen_table(c, standard, mine), *_verdict(mine, _incomes(c))]
    return Group(*parts, Text(LEGEND, style="dim"))


def _screen_table(c: Comparison, standard: str, mine: pd.DataFrame) -> Table:
    granters = list(dict.fromkeys(pick(mine, role="granter")["region"]))
    title = f"Who would gain from adopting the {standard} standard"
    out = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    out.add_column("Country", no_wrap=True, overflow="ellipsis", max_width=20)
    columns = ("Adopts", "Without %", "With %", "Gain %", "USD m", *(f"{g} USD m" for g in granters[:1]))
    for header in columns:
        out.add_column(header, justify="right", no_wrap=True)
    shares = pick(mine, role="adopter", indicator=SHARE).to_dict("records")
    for share in sorted(shares, key=lambda row: -_order(row["change"])):
        country = {"country": str(share["country"])}
        usd = pick(mine, role="adopter", indicator=USD, **country)["change"].to_numpy()[0]
        given = [
            pick(mine, role="granter", indicator=USD, region=g, **country)["change"].to_numpy()
            for g in granters[:1]
        ]
        out.add_row(
            _label(c, str(share["country"]), str(share["region"])), "yes" if share["adopts"] else "no",
            *(coloured(share[k], 3) for k in ("baseline", "counterfactual", "change")), coloured(usd, 1),
            *(coloured(v[0], 1) if len(v) else Text("") for v in given),
        )  # fmt: skip
    return out


def _order(gain: float) -> float:
    return gain if gain == gain else float("-inf")


def _label(c: Comparison, country: str, region: str) -> str:
    if country != region:
        return f"{country} (in {region})"
    return f"{country} {c.scenario.region_names.get(country, '')}".strip()


def _verdict(mine: pd.DataFrame, incomes: Mapping[str, float]) -> list[Text]:
    """Who gains, who does not, whose welfare is a larger region's, and what failed."""
    kinds: dict[str, list[str]] = {"gain": [], "not": [], "part": [], "failed": []}
    for row in pick(mine, role="adopter", indicator=USD).to_dict("records"):
        country, region, gain = str(row["country"]), str(row["region"]), float(row["change"])
        if country != region:
            kinds["part"].append(f"{country} of {region}")
        if gain != gain:
            kinds["failed"].append(f"{country}: {row['reason']}")
        else:
            kinds["gain" if gain > VISIBLE * incomes[region] else "not"].append(country)
    lines = [
        f"Would gain from adopting: {', '.join(kinds['gain']) or 'nobody'}. "
        f"Would not: {', '.join(kinds['not']) or 'nobody'}."
    ]
    if kinds["part"]:
        lines.append(f"Welfare is that of the whole region of the model: {', '.join(kinds['part'])}.")
    if kinds["failed"]:
        lines.append(f"No solution for {'; '.join(kinds['failed'])}")
    return [Text(line) for line in lines]


def _incomes(c: Comparison) -> dict[str, float]:
    t = pick(c.tables["indicators"], indicator="welfare_ev")
    return dict(zip(t["region"].to_list(), t["baseline"].to_list(), strict=True))
