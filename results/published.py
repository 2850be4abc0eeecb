"""The model beside published studies: which rows are like for like, which are not, and by what factor.

``assumptions/published_results.csv`` holds figures that were read in a page, each with the scenario and the
indicator of ours that comes nearest and the reason why it is not the same. Nothing is tuned to them.
Our figures come from the tables of a :class:`~results.compare.Comparison`; trade of a group, with a partner
or in some sectors is added up from the flows, in quantities at the border prices of the base solution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import StringIO

import numpy as np
import pandas as pd
import xarray as xr

from calibration.aggregate import SHIPPED, Aggregation, load_aggregation
from calibration.labels import region_labels, sector_labels
from results.compare import Comparison
from results.errors import ResultsError
from results.ledger import ledger
from results.levels import external, trade_levels
from results.tidy import WORLD
from scenarios.groups import UnknownNameError, load_groups, load_sector_groups

MAIN = "main"
"""Name of a scenario's file without a variant, in the column ``variant``."""

NOT = "not "
"""``not RCEP``: all regions outside the group."""

COMPARABLE = ("yes", "partly", "no")

FIGURE = ["study", "scenario_there", "region", "metric", "published", "unit", "model", "factor", "word"]
SOURCE = ["comparable", "note", "horizon", "source", "confidence"]

STILL = 1e-9
"""Relative change below which employment is called fixed by the closure: the solver's last digits."""


class _NotHereError(Exception):
    """The figure does not exist at this aggregation; the message says why."""


@dataclass(frozen=True)
class Places:
    """Which model regions and sectors a name of the published table stands for.

    ``regions``: economy of the database -> region of the model; ``sectors``: industry -> sector.
    """

    regions: Mapping[str, str]
    sectors: Mapping[str, str]

    def region(self, name: str) -> tuple[str, ...]:
        """Model regions of ``USA``, ``RCEP``, ``not RCEP``, ``WORLD`` or ``JPN VNM``."""
        every = set(self.regions)
        if name == WORLD:
            return tuple(dict.fromkeys(self.regions.values()))
        plain = name.removeprefix(NOT)
        try:
            inside = set().union(*(load_groups().expand(n, sorted(every))[0] for n in plain.split()))
        except UnknownNameError as error:
            raise _NotHereError(f"{plain}: {error}") from None
        return _whole(every - inside if name.startswith(NOT) else inside, self.regions, name)

    def sector(self, name: str) -> tuple[str, ...]:
        """Model sectors of a group of industries; all where the name is empty."""
        if not name:
            return tuple(dict.fromkeys(self.sectors.values()))
        groups = load_sector_groups()
        try:
            inside = set().union(*(groups.expand(n, list(self.sectors)) for n in name.split()))
        except UnknownNameError as error:
            raise _NotHereError(f"{name}: {error}") from None
        return _whole(inside, self.sectors, name)


def _whole(inside: set[str], mapping: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Labels of the model that hold members only. Raises where one holds members and others."""
    found = dict.fromkeys(target for member, target in mapping.items() if member in inside)
    for target in found:
        if any(t == target and m not in inside for m, t in mapping.items()):
            raise _NotHereError(f"{target} of this aggregation is only in part {name}")
    return tuple(found)


def places(comparison: Comparison, aggregation: Aggregation | None = None) -> Places:
    """The map of a comparison: ``aggregation``, else the shipped one that its choices name, else its labels.

    Raises ResultsError when the map does not belong to the comparison.
    """
    name = comparison.scenario.choices.get("aggregation", "")
    if aggregation is None and name in SHIPPED:
        aggregation = load_aggregation(name)
    r, i = ({str(x) for x in comparison.base.values[d].values} for d in "ri")
    if aggregation is None:
        if not (r <= set(region_labels()) | {"EU27"} and i <= set(sector_labels())):
            raise ResultsError("the comparison's aggregation is not a shipped one: hand it over")
        return Places({x: x for x in r}, {x: x for x in i})
    if set(aggregation.regions.values()) != r or set(aggregation.sectors.values()) != i:
        raise ResultsError(f"the aggregation {aggregation.name} is not the one that was solved")
    return Places(aggregation.regions, aggregation.sectors)


@cache
def published_table() -> pd.DataFrame:
    """The published rows, texts as they stand and ``value``, ``scale`` as numbers; the index is the row."""
    text = (resources.files("results") / "assumptions" / "published_results.csv").read_text("utf-8")
    body = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    table = pd.read_csv(StringIO(body), dtype=str, keep_default_na=False)
    for column in ("value", "scale"):
        table[column] = table[column].astype(float)
    return table


def published_rows(scenario: str, variant: str = "") -> pd.DataFrame:
    """The rows for a scenario of the library and one of its variants ("": the file without); may be empty."""
    table = published_table()
    mine = [
        s == scenario and (variant or MAIN) in v.split()
        for s, v in zip(table.scenario, table.variant, strict=True)
    ]
    return table.loc[mine].copy()


def our_figures(
    comparison: Comparison, rows: pd.DataFrame, aggregation: Aggregation | None = None
) -> pd.DataFrame:
    """Our figure for each published row: ``model`` in the unit of the row, NaN with a ``word`` where none.

    For runs of one scenario with parts of its policy too: what :mod:`results.contributions` needs.
    """
    where = places(comparison, aggregation)
    flows = _Flows(comparison)
    found = [_figure(comparison, flows, where, row) for row in rows.to_dict("records")]
    return pd.DataFrame(found, index=rows.index, columns=["model", "word"])


def _figure(
    comparison: Comparison, flows: _Flows, where: Places, row: Mapping[str, object]
) -> tuple[float, str]:
    indicator, measure, scale = str(row["indicator"]), str(row["measure"]), float(str(row["scale"]))
    try:
        base, change = _base_and_change(comparison, flows, where, {k: str(v) for k, v in row.items()})
    except _NotHereError as error:
        return float("nan"), str(error)
    if indicator in ("employment", "jobs") and not row["sectors"] and abs(change) <= STILL * abs(base):
        return 0.0, "held by the closure"
    if measure == "change":
        return scale * change, ""
    if base == 0:
        return float("nan"), "nothing there in the baseline"
    return scale * 100 * change / abs(base), ""


def _base_and_change(
    comparison: Comparison, flows: _Flows, where: Places, row: Mapping[str, str]
) -> tuple[float, float]:
    indicator, regions = row["indicator"], where.region(row["region"])
    sectors = where.sector(row["sectors"])
    if indicator == "trade_among":
        return flows.among(regions, sectors)
    if indicator in ("creation_among", "diversion_among"):
        return flows.ledger_among(regions, sectors, indicator.removesuffix("_among"))
    if indicator in ("exports_volume", "imports_volume") and (row["partner"] or row["sectors"]):
        partners = where.region(row["partner"] or WORLD)
        pair = (regions, partners) if indicator == "exports_volume" else (partners, regions)
        return flows.between(*pair, sectors)
    if indicator in ("output", "jobs") or indicator.startswith("displaced_"):
        t = comparison.tables["adjustment" if indicator.startswith("displaced_") else indicator]
        part = t[t.region.isin(regions) & t.sector.isin(sectors) & (t.indicator == indicator)]
    else:
        t = comparison.tables["indicators"]
        part = t[t.region.isin(regions) & (t.indicator == indicator)]
    if part.empty:
        raise ResultsError(f"published_results.csv: no indicator '{indicator}' in the results")
    return float(part.baseline.sum()), float(part.change.sum())


class _Flows:
    """Trade of both solutions (o, d, i) at the border prices of the base solution, USD million."""

    def __init__(self, comparison: Comparison) -> None:
        base, new = comparison.base, comparison.new
        price = trade_levels(base.values, base.benchmark)["border_price"]
        quantity = [trade_levels(s.values, s.benchmark)["border_quantity"] for s in (base, new)]
        self.base, self.new = (price * q for q in quantity)
        self.ledger = ledger(base, new).data

    def between(self, origins: tuple[str, ...], destinations: tuple[str, ...], sectors: tuple[str, ...]
                ) -> tuple[float, float]:  # fmt: skip
        """Base and change of trade between two sets of regions, without trade inside a region."""
        at = {"o": list(origins), "d": list(destinations), "i": list(sectors)}
        return _sums(external(self.base).sel(at), external(self.new).sel(at))

    def among(self, members: tuple[str, ...], sectors: tuple[str, ...]) -> tuple[float, float]:
        """Base and change of trade among members, that inside an aggregated region of members included."""
        at = {"o": list(members), "d": list(members), "i": list(sectors)}
        return _sums(self.base.sel(at), self.new.sel(at))

    def ledger_among(self, members: tuple[str, ...], sectors: tuple[str, ...], part: str
                     ) -> tuple[float, float]:  # fmt: skip
        """Creation or diversion on the flows among members (benchmark border prices), base their trade."""
        mine = self.ledger.sel(o=list(members), d=list(members), i=list(sectors))
        return float(mine["base"].sum()), float(mine[part].sum())


def _sums(base: xr.DataArray, new: xr.DataArray) -> tuple[float, float]:
    return float(base.sum()), float((new - base).sum())


def compare_published(
    comparison: Comparison,
    contributions: pd.DataFrame | None = None,
    *,
    scenario: str | None = None,
    variant: str | None = None,
    aggregation: Aggregation | None = None,
) -> pd.DataFrame:
    """The model beside what was published about the scenario; empty when nothing is stored about it.

    ``contributions``: from :func:`results.contributions.contributions` over the figures of
    :func:`our_figures`, same index. ``scenario``, ``variant``: default to the comparison's name (without the
    variant's) and to its choice ``variant``. Columns: study, scenario_there, region, metric, published,
    unit, model, factor (model over published; empty with a ``word`` where it would mislead), the
    contributions, comparable, note, horizon, source, confidence. Raises ResultsError when contributions do
    not sum to the model.
    """
    info = comparison.scenario
    if variant is None:
        variant = info.choices.get("variant", "")
    name = info.name.removesuffix(f"-{variant}") if variant else info.name
    rows = published_rows(scenario or name, variant)
    out = rows.rename(columns={"value": "published"})
    figures = our_figures(comparison, rows, aggregation)
    out["model"], out["word"] = figures["model"], figures["word"]
    pairs = list(zip(out.published, out.model, out.comparable, out.word, strict=True))
    out["word"] = [_word(*pair) for pair in pairs]
    out["factor"] = [m / p if not w else np.nan for (p, m, _, _), w in zip(pairs, out.word, strict=True)]
    if contributions is None:
        return pd.DataFrame(out[[*FIGURE, *SOURCE]])
    _must_sum(contributions, out)
    parts = contributions.reindex(out.index)
    return pd.concat([out[FIGURE], parts, out[SOURCE]], axis=1)


def _word(published: float, model: float, comparable: str, word: str) -> str:
    """Why a factor would mislead; empty where it does not."""
    if word:
        return word
    if comparable == "no":
        return "not like for like"
    if published == 0:
        return "published is 0"
    if model == 0:
        return "model is 0"
    return "opposite sign" if (model > 0) != (published > 0) else ""


def _must_sum(contributions: pd.DataFrame, out: pd.DataFrame) -> None:
    absent = out.index.difference(contributions.index)
    if len(absent):
        raise ResultsError(f"no contributions for the published rows {list(absent)[:5]}")
    total = contributions.reindex(out.index).sum(axis=1, skipna=False)
    gap = (total - out.model).abs()
    bad = (gap > 1e-8 * np.maximum(out.model.abs(), 1e-3)) | (total.isna() != out.model.isna())
    if bool(bad.any()):
        k = out.index[bad.to_numpy()][0]
        raise ResultsError(
            f"the contributions to {out.metric[k]} of {out.region[k]} sum to {total[k]:.6g}, the model says "
            f"{out.model[k]:.6g}: they are of another run"
        )
