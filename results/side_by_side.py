"""Scenarios side by side: one table per figure, regions in rows, scenarios in columns, with units.

Every column is a change from a baseline. Columns can stand beside one another when they share the accounts:
data, tariffs of the benchmark, duties, aggregation, rents of barriers and the baseline's file. A scenario
that takes an agreement out of the baseline first (RCEP against no RCEP) is still a change from its own
baseline, which is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from results.compare import Comparison
from results.errors import ResultsError
from results.side_by_side_figures import Context, Figure, figure, least_gain, losses_in_model
from results.store import StoredResult
from results.tidy import WORLD, pick

COLUMNS = ("indicator", "unit", "region", "scenario", "value", "mark")
"""Of the tidy table: one row per figure, region and scenario; ``mark``: best, worst or "" among the
scenarios."""

BEST, WORST = "best", "worst"
SAME_CHOICES = ("aggregation", "tariffs", "US-China duties", "barriers, basis", "barriers, band",
                "barriers, effect", "barriers, file")  # fmt: skip
"""Choices that make the accounts a column stands on."""
MOST_REGIONS = 10
"""Rows of a table on the screen; the tidy table has all."""


@dataclass(frozen=True)
class Column:
    """One scenario's results. ``status``: solved, reused (from the store) or read (from a folder); ``text``:
    the scenario as it was read.
    """

    label: str
    tables: Mapping[str, pd.DataFrame]
    manifest: Mapping[str, Any]
    status: str
    note: str = ""
    text: str = ""

    @classmethod
    def of(cls, label: str, result: Comparison | StoredResult, status: str, note: str = "") -> Column:
        """A column from a result in memory or on disk."""
        text = result.scenario if isinstance(result.scenario, str) else result.scenario.text
        return cls(label, result.tables, result.manifest, status, note, text)

    @property
    def info(self) -> Mapping[str, Any]:
        """The scenario's entry in the manifest: title, baseline, choices, hashes, notes."""
        return self.manifest["scenario"]

    def change(self, region: str, indicator: str) -> float:
        """Change of a regional indicator in its unit, 0 rows being an error (ResultsError)."""
        rows = pick(self.tables["indicators"], region=region, indicator=indicator)
        if len(rows) != 1:
            raise ResultsError(f"{self.label}: {len(rows)} rows of {indicator} for {region}")
        return float(rows["change"].iloc[0])


@dataclass(frozen=True)
class SideBySide:
    """``table``: tidy rows (COLUMNS) for every region; ``figures`` in the order of the screen; ``regions``:
    those on the screen, the focus first; ``share``: what each scenario brings of the reference's gain;
    ``packages``: marginal contribution of each package, by scenario; ``notes``: what a reader must know.
    """

    labels: tuple[str, ...]
    status: Mapping[str, str]
    titles: Mapping[str, str]
    focus: str
    regions: tuple[str, ...]
    figures: tuple[Figure, ...]
    table: pd.DataFrame
    share: pd.DataFrame
    reference: str
    packages: pd.DataFrame
    notes: tuple[str, ...]

    def value(self, indicator: str, region: str, scenario: str) -> float:
        """One number. Raises ResultsError when there is none."""
        rows = pick(self.table, indicator=indicator, region=region, scenario=scenario)
        if len(rows) != 1:
            raise ResultsError(f"no number for {indicator}, {region}, {scenario}")
        return float(rows["value"].iloc[0])

    def _repr_html_(self) -> str:
        from results.notebook import side_by_side_html

        return side_by_side_html(self)

    def wide(self, indicator: str) -> pd.DataFrame:
        """One figure: regions in rows, scenarios in columns."""
        rows = pick(self.table, indicator=indicator)
        return rows.pivot(index="region", columns="scenario", values="value").reindex(
            index=list(dict.fromkeys(rows["region"])), columns=list(self.labels)
        )


def side_by_side(
    columns: Sequence[Column],
    *,
    context: Context,
    indicators: Sequence[str],
    focus: str,
    regions: Sequence[str] = (),
    named: Sequence[str] = (),
    reference: str | None = None,
    packages: pd.DataFrame | None = None,
    notes: Sequence[str] = (),
) -> SideBySide:
    """Set the columns side by side.

    ``regions``: rows of the screen in place of the focus, ``named`` (regions that the scenarios name), those
    with the largest effects and the world. ``reference``: the column whose gain is 100 % (default: the best
    for the focus). Raises ResultsError when columns do not share their accounts, a label occurs twice, or a
    name is unknown.
    """
    labels = tuple(c.label for c in columns)
    if len(set(labels)) != len(labels):
        twice = sorted({n for n in labels if labels.count(n) > 1})
        raise ResultsError(f"named twice: {', '.join(twice)}; a comparison needs different scenarios")
    mixed = require_common(columns)
    known = _regions(columns[0])
    for region in (focus, *regions):
        if region not in (*known, WORLD):
            raise ResultsError(f"region {region}: not a region here; choose from {', '.join(known)}")
    chosen = tuple(figure(name, columns[0].tables, context) for name in dict.fromkeys(indicators))
    table = pd.concat([_rows(f, columns, known) for f in chosen], ignore_index=True)
    rows = tuple(regions) or _order(columns, focus, named, known)
    reference = _reference(columns, reference, focus)
    return SideBySide(
        labels,
        {c.label: c.status for c in columns},
        {c.label: str(c.info["title"]) for c in columns},
        focus,
        rows,
        chosen,
        table,
        share_of_gain(columns, reference, focus),
        reference,
        pd.DataFrame() if packages is None else packages,
        (*mixed, *notes, *(f"{c.label}: {c.note}" for c in columns if c.note), *_warnings(columns)),
    )


def require_common(columns: Sequence[Column]) -> tuple[str, ...]:
    """Refuse columns that do not stand on the same accounts (ResultsError saying what differs); notes where
    they are changes from baselines that differ by an agreement, or are solved by other models.
    """
    first = columns[0]
    for other in columns[1:]:
        differences = [
            f"{what} ({a or 'none'} against {b or 'none'})" for what, a, b in _facts(first, other) if a != b
        ]
        if differences:
            raise ResultsError(
                f"{first.label} and {other.label} cannot stand side by side; they differ in "
                + "; ".join(differences)
                + ". Name the scenarios instead of folders: they are then solved on one benchmark"
            )
    notes = []
    baselines = {c.label: str(c.info["baseline"]) for c in columns}
    if len(set(baselines.values())) > 1:
        each = "; ".join(f"{label} from {words}" for label, words in baselines.items())
        notes.append(f"The scenarios are changes from different baselines: {each}. They do not add up.")
    models = {c.label: _model_choices(c) for c in columns}
    odd = {k for m in models.values() for k in m if len({str(x.get(k)) for x in models.values()}) > 1}
    if odd:
        each = "; ".join(f"{label}: " + ", ".join(f"{k} {m.get(k, 'none')}" for k in sorted(odd))
                         for label, m in models.items())  # fmt: skip
        notes.append(f"Part of the difference is the model's: {each}.")
    return tuple(notes)


def _facts(one: Column, other: Column) -> list[tuple[str, str, str]]:
    """What two columns must have in common, with the value in each."""

    def facts(c: Column) -> dict[str, str]:
        info = c.info
        out = {"data": str(info["hashes"].get("data", ""))[:12]}
        out |= {name: str(info["choices"].get(name, "")) for name in SAME_CHOICES}
        out["barriers' file"] = str(info["hashes"].get("barriers", ""))[:12]
        out["baseline"] = str(info["baseline"]).partition(" without ")[0]
        out["baseline's date"] = str(info["baseline_date"])
        out["regions"] = " ".join(_regions(c))
        out["sectors"] = " ".join(dict.fromkeys(map(str, c.tables["jobs"]["sector"])))
        out["supplier traced"] = str(info["supplier"])
        return out

    a, b = facts(one), facts(other)
    return [(name, a[name], b[name]) for name in a]


def _model_choices(c: Column) -> dict[str, str]:
    left_out = {*SAME_CHOICES, "variant"}
    return {k: str(v) for k, v in c.info["choices"].items() if k not in left_out}


def _regions(c: Column) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, c.tables["jobs"]["region"])))


def _rows(f: Figure, columns: Sequence[Column], known: Sequence[str]) -> pd.DataFrame:
    """Tidy rows of one figure with its marks."""
    values = pd.DataFrame({c.label: f.of(c.tables) for c in columns})
    values = values.reindex([r for r in (*known, WORLD) if r in values.index])
    marks = _marks(values, f)
    if f.moved_by_losses():  # a gain before lost work and one after it: neither is the better one
        marks.loc[[r for r in marks.index if r in _two_kinds(columns)]] = ""
    out = values.rename_axis("region").reset_index().melt("region", var_name="scenario")
    out["mark"] = marks.rename_axis("region").reset_index().melt("region")["value"]
    out["indicator"], out["unit"] = f.name, f.unit
    return pd.DataFrame(out[list(COLUMNS)])


def _two_kinds(columns: Sequence[Column]) -> frozenset[str]:
    """Regions whose lost work is inside the model in some columns and not in others."""
    inside = [losses_in_model(c.tables) for c in columns]
    return frozenset().union(*inside) - frozenset.intersection(*inside)


def _marks(values: pd.DataFrame, f: Figure) -> pd.DataFrame:
    """The best and the worst of each row; "" where the figure takes no side or shows them as equal."""
    out = pd.DataFrame("", index=values.index, columns=values.columns)
    if f.better == 0 or len(values.columns) < 2:
        return out
    # As printed: rounding by numpy takes some halves the other way.
    shown = values.map(lambda x: float(f"{x:.{f.decimals}f}")) * f.better
    for region in values.index:
        row = shown.loc[region].dropna()
        if len(row) > 1 and row.max() > row.min():
            out.loc[region, row.index[row == row.max()]] = BEST
            out.loc[region, row.index[row == row.min()]] = WORST
    return out


def _order(
    columns: Sequence[Column], focus: str, named: Sequence[str], known: Sequence[str]
) -> tuple[str, ...]:
    """Focus, regions the scenarios name, then the largest welfare effects, the world last."""
    effect = pd.concat(
        [
            pick(c.tables["indicators"], indicator="welfare_ev").set_index("region")["percent"]
            for c in columns
        ],
        axis=1,
    ).abs()
    most = effect.max(axis=1).sort_values(ascending=False, kind="stable")
    by_size = [str(r) for r in most.index if r in known]
    partners = [r for r in by_size if r in named]
    rest = [r for r in by_size if r not in named]
    rows = list(dict.fromkeys([focus, *partners, *rest]))[:MOST_REGIONS]
    return (*rows, WORLD)


def _reference(columns: Sequence[Column], wanted: str | None, focus: str) -> str:
    labels = [c.label for c in columns]
    if wanted is None:
        gains = [c.change(focus, "welfare_ev") for c in columns]
        return labels[int(np.argmax(gains))]
    if wanted not in labels:
        raise ResultsError(f"reference {wanted}: not among the scenarios; choose from {', '.join(labels)}")
    return wanted


def share_of_gain(columns: Sequence[Column], reference: str, focus: str) -> pd.DataFrame:
    """Rows by scenario: welfare gain of the focus, its share of the reference's in percent (empty when the
    reference does not gain), cost of adjustment and its share of the reference's, cost over gain in percent.

    The three of the cost are empty where the gain is one after the same lost work (`losses_in_model`); so is
    the share of a gain after it in one before it, and the other way round.
    """
    rows = []
    least = {c.label: float(least_gain(c.tables).to_dict()[focus]) for c in columns}
    for c in columns:
        costs = pick(c.tables["adjustment"], region=focus, indicator="adjustment_cost_gross_central")
        gains = pick(
            c.tables["adjustment"], region=focus, indicator="adjustment_present_value_of_gain_central"
        )
        cost, present = (float(t["change"].to_numpy().sum()) for t in (costs, gains))
        cost = np.nan if focus in losses_in_model(c.tables) else cost
        rows.append(
            {
                "scenario": c.label,
                "welfare_gain": c.change(focus, "welfare_ev"),
                "adjustment_cost": cost,
                "cost_in_percent_of_gain": 100 * cost / present if present > least[c.label] else np.nan,
            }
        )
    out = pd.DataFrame(rows).set_index("scenario")
    after = pd.Series({c.label: focus in losses_in_model(c.tables) for c in columns})
    for name, share in (("welfare_gain", "share_of_gain"), ("adjustment_cost", "share_of_cost")):
        full = out[name].to_dict()[reference]
        out[share] = (
            100 * out[name] / full if full > (least[reference] if name == "welfare_gain" else 0) else np.nan
        )
    out["share_of_gain"] = out["share_of_gain"].where(after == after[reference], np.nan)
    return out.reset_index()


def _warnings(columns: Sequence[Column]) -> tuple[str, ...]:
    return tuple(f"{c.label}: {w}" for c in columns for w in c.manifest.get("warnings", []))
