"""The expansion of a scenario as lines to read: baseline, one entry a shock and instrument, notes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from cge.app.cli_scenarios import expand
from cge.app.plain_text import Line, counted
from scenarios.changes import Change, dollars, grouped, instrument_words, rows_of, shown, total_trade
from scenarios.groups import UnknownNameError, load_groups, load_sector_groups
from scenarios.memory import Memory
from scenarios.naming import Naming, naming
from scenarios.package_files import packages_in_words
from scenarios.package_schema import OWN_SHOCKS
from scenarios.packages import package_names
from scenarios.policy import Policy
from scenarios.problems import ScenarioError, suggest
from scenarios.schema import Scenario


@dataclass(frozen=True)
class View:
    """A scenario with its policy, the benchmark's trade (o, d, i; USD million), every row, and names."""

    scenario: Scenario
    policy: Policy
    trade: xr.DataArray
    rows: pd.DataFrame
    words: Naming


def expanded(scenario: Scenario, memory: Memory | None = None) -> View:
    """The scenario over the packaged world it asks for.

    Raises:
        ScenarioError: as scenarios.apply.
    """
    from calibration.world import load_world

    memory = memory or Memory()
    policy = expand(scenario, memory)
    b = scenario.baseline
    trade = load_world(tariffs=b.tariffs, us_china_duties=b.us_china_duties).data["X0"]
    words = naming(trade["d"].values.tolist(), trade["i"].values.tolist())
    return View(scenario, policy, trade, rows_of(policy.table, trade), words)


def filtered(
    view: View,
    region: Sequence[str] | None,
    partner: Sequence[str] | None,
    sector: Sequence[str] | None,
    package: str | None,
) -> pd.DataFrame:
    """The rows that meet every condition; names are labels or groups.

    Raises:
        ScenarioError: a name that means nothing here, or a package that the scenario does not have.
    """
    keep = np.ones(len(view.rows), dtype=bool)
    for column, option, names in (("region", "--region", region), ("partner", "--partner", partner)):
        if names:
            keep &= _among(view, column, _named(view, names, option))
    if sector:
        keep &= _among(view, "sector", _named(view, sector, "--sector"))
    if package is not None:
        keep &= _of_package(view, package)
    return view.rows.iloc[np.flatnonzero(keep)].reset_index(drop=True)


def _named(view: View, names: Sequence[str], option: str) -> frozenset[str]:
    out: frozenset[str] = frozenset()
    for name in names:
        try:
            if option == "--sector":
                out |= load_sector_groups().expand(name, sorted(view.words.sectors.universe))
            else:
                out |= load_groups().expand(name, sorted(view.words.regions.universe))[0]
        except UnknownNameError as error:
            raise ScenarioError([view.scenario.origin.problem(option, str(error))]) from None
    return out


def _of_package(view: View, package: str) -> npt.NDArray[np.bool_]:
    """Rows that a shock of the package has changed: their causes name its place."""
    known = package_names(view.scenario)
    if package not in known:
        message = f"no package '{package}' here{suggest(package, known)}; there are {', '.join(known)}"
        raise ScenarioError([view.scenario.origin.problem("packages", message)])
    origin, package_of = view.scenario.origin, view.scenario.package_of
    places = {
        origin.place(f"shocks[{n}]") for n, name in enumerate(package_of) if (name or OWN_SHOCKS) == package
    }
    causes = {why for why in view.rows["why"].unique() for part in why.split("; ") for place in places
              if part.startswith(f"{place} ")}  # fmt: skip
    return _among(view, "why", causes)


def _among(view: View, column: str, names: Collection[str]) -> npt.NDArray[np.bool_]:
    return np.isin(view.rows[column].to_numpy(dtype=str), sorted(names))


def headlines(reference: str, view: View) -> list[Line | str]:
    """Title, baseline, packages."""
    scenario, meta = view.scenario, view.policy.meta
    without = f", without {meta['baseline_without']}" if meta["baseline_without"] else ""
    duties = "with" if meta["us_china_duties"] == "on" else "without"
    lines: list[Line | str] = [
        Line(f"{reference}: {scenario.title}"),
        Line(
            f"Baseline: {meta['baseline']}{without} ({meta['baseline_title']}; {meta['baseline_date']}; "
            f"tariffs of {meta['tariffs']}, {duties} the US-China duties of 2018-19)"
        ),
    ]
    if scenario.as_of is not None:
        lines.append(f"As of: {scenario.as_of}")
    if scenario.used_packages:
        lines.append(Line(f"Packages: {packages_in_words(scenario.used_packages)}"))
    if scenario.compensation is not None:
        lines.append(Line(f"Compensation: {scenario.compensation.words()}"))
    return lines


def groups(view: View, rows: pd.DataFrame) -> list[Line | str]:
    """One entry for every shock and instrument."""
    found = grouped(rows, view.words, view.policy.steps)
    if not found:
        what = "Nothing changes." if view.rows.empty else "Nothing of what changes is asked for here."
        return ["", what]
    lines: list[Line | str] = []
    for number, change in enumerate(found, 1):
        lines += ["", *entry(number, change)]
    trade = total_trade(rows)
    total = f" ({dollars(trade)} of trade)" if np.isfinite(trade) else ""
    return [*lines, "", Line(f"{counted(len(rows), 'value')} changed{total}; --full shows every one.")]


def entry(number: int, change: Change) -> list[Line]:
    """``1. tariff, goods: USA on imports from CPTPP``, its size below, and the shock that does it."""
    what = ", ".join(part for part in (instrument_words(change.instrument), change.sectors) if part)
    size = counted(change.count, "flow" if np.isfinite(change.trade) else "value")
    covered = f", {dollars(change.trade)} of trade" if np.isfinite(change.trade) else ""
    before, after = (s.words(change.instrument) for s in (change.before, change.after))
    return [
        Line(f"{number}. {what}: {change.who}", 0, 3),
        Line(f"{before} -> {after}", 3, 5),
        Line(f"{size}{covered}", 3, 5),
        Line(f"why: {change.why}", 3, 5),
    ]


def all_rows(rows: pd.DataFrame) -> list[Line | str]:
    """Every row; causes are numbered and stand at the end."""
    if rows.empty:
        return ["", "Nothing of what changes is asked for here."]
    causes = {why: n for n, why in enumerate(dict.fromkeys(rows["why"]), 1)}
    form = "{:<7}{:<8}{:<9}{:<15}{:>15} {:>15}  {}"
    names = ("region", "partner", "sector", "instrument", "from", "to", "why")
    lines: list[Line | str] = ["", form.format(*names).rstrip()]
    for row in rows.itertuples(index=False):
        region, partner, sector, instrument, old, new, why = row[:7]
        values = (shown(float(x), str(instrument)).replace(" of the baseline's", "") for x in (old, new))
        lines.append(form.format(region, partner, sector, instrument, *values, f"[{causes[why]}]"))
    return [*lines, "", *(Line(f"[{n}] {why}", 0, 5) for why, n in causes.items())]


def notes(view: View) -> list[Line | str]:
    """The notes of the expansion, at the end."""
    if not view.policy.notes:
        return []
    return ["", "Notes", *(Line(f"- {note}", 0, 2) for note in view.policy.notes)]
