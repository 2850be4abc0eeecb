"""Raw files -> gravity_estimates.csv, gravity_panel.nc and barriers.csv; and the comparison with the
packaged ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from calibration.accounts import Accounts
from calibration.barriers import USED, barriers_path, estimates_path, read_estimates
from calibration.elasticities import elasticity_rows
from calibration.gravity.choices import choice
from calibration.gravity.estimate import CROSS_SECTION, NET, SPECIFICATIONS, Estimate, estimate
from calibration.gravity.groups import groups
from calibration.gravity.importers import border_effects, penetration_residuals
from calibration.gravity.levels import barrier_rows
from calibration.gravity.panel import TOTAL, build_panel, packaged_panel_path, write_panel
from calibration.gravity.pooling import group_means, used_effects
from calibration.labels import goods
from calibration.sources.icio import SERVICES
from calibration.world import load_world

COLUMNS = ["industry", "specification", "term", "estimate", "se", "observations", "separated", "note"]
POOLED = f"{NET[CROSS_SECTION]}, pooled"
THETA_SET = "gtap"
"""Elasticities that turn border effects into the ad valorem equivalents that are printed."""
ESTIMATES_HEADER = """\
# Gravity estimates (log points), Poisson with fixed effects, 80 economies, 2011-2022.
# Rows `used, ...`: what agreements do on either reading (assumptions/gravity_choices.csv has the default).
# Rebuild: cge gravity --raw DIR --write
# source: estimated from OECD ICIO flows, Teti tariffs, CEPII GeoDist, DESTA
"""
BARRIERS_HEADER = """\
# Tariff equivalents of barriers that are not tariffs, share of the border value, without any agreement.
# Level and spread: assumptions/barrier_levels.csv; order of importers: border effects of gravity (goods),
# unexplained import penetration (services). raw_border_percent is printed, never used.
# Rebuild: cge gravity --raw DIR --write
# source: derived as above
"""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Gravity:
    """What is packaged: estimates (COLUMNS), barriers (levels.COLUMNS), and the panel they come from."""

    estimates: pd.DataFrame
    barriers: pd.DataFrame
    panel: xr.Dataset


def build_gravity(
    raw: Path, progress: Progress = lambda _: None, accounts: Accounts | None = None
) -> Gravity:
    """Estimate everything from the raw files; accounts: the world's, default the packaged ones. Takes
    minutes.

    Raises SourceError for raw files that are not as documented, GravityError where nothing can be estimated.
    """
    progress("panel")
    panel = build_panel(raw)
    table = estimate_table(panel, progress=progress)
    return Gravity(with_effects(table), build_barriers(panel, accounts or load_world(), progress), panel)


def imposed_elasticities(panel: xr.Dataset) -> dict[str, float]:
    """Elasticity of trade to the tariff factor by industry, and for sums weighted by cross-border trade.

    GTAP's substitution among origins: the response of the model's default elasticities, so that what is
    called net of tariffs here is what the model adds to the tariffs it cuts.
    """
    sigma = {r.sector: r.value for r in elasticity_rows(THETA_SET) if r.parameter == "sigma"}
    trade = panel["x"].where(panel["o"] != panel["d"], 0.0).sum(("y", "o", "d"))
    weight = dict(zip(map(str, trade["k"].values), trade.values.astype(float), strict=True))
    out = {i: sigma[i] for i in goods()}
    for name, members in {**groups(), TOTAL: goods()}.items():
        out[name] = sum(weight[i] * sigma[i] for i in members) / sum(weight[i] for i in members)
    return out


def regressions() -> list[tuple[str, str]]:
    """Every (flow, specification) that is estimated: sums in both, industries in the cross-section.

    Pair effects by industry take minutes each where flows are sparse, and add little to the sums.
    """
    sums = [SERVICES, TOTAL, *groups()]
    return [*((k, s) for k in sums for s in SPECIFICATIONS), *((i, CROSS_SECTION) for i in goods())]


def estimate_table(
    panel: xr.Dataset,
    wanted: Sequence[tuple[str, str]] | None = None,
    progress: Progress = lambda _: None,
) -> pd.DataFrame:
    """The named regressions (default: all) in COLUMNS; missing terms are rows without numbers."""
    rows, imposed = [], imposed_elasticities(panel)
    for k, name in regressions() if wanted is None else wanted:
        progress(f"gravity of {k}, {name.replace('_', ' ')}")
        free = estimate(panel, k, name)
        net = estimate(panel, k, name, imposed[k]) if k in imposed else free  # services pay no tariff
        rows += [*_rows(k, name, free, free), *_rows(k, NET[name], net, free)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(k: str, label: str, found: Estimate, free: Estimate) -> Iterator[tuple[Any, ...]]:
    for term, (value, se) in found.terms[["estimate", "se"]].iterrows():
        note = "no variation: not estimated" if term in found.missing else ""
        note = "imposed" if term == "tariff" and found is not free else note
        yield (k, label, term, value, se, found.observations, found.separated, note)


def with_effects(table: pd.DataFrame) -> pd.DataFrame:
    """The estimates, the pooled means of the cross-section, and the effects on both readings below them."""
    means = [
        (group, POOLED, depth, m.mean, m.se, m.count, 0, f"between-industry sd {m.tau2**0.5:.3f}")
        for (group, depth), m in group_means(table).items()
    ]
    parts: list[Any] = [table, pd.DataFrame(means, columns=COLUMNS)]
    for name in SPECIFICATIONS:
        used = used_effects(table, name).assign(specification=USED[name], observations=0, separated=0)
        parts.append(used[COLUMNS])
    return pd.concat(parts, ignore_index=True)


def build_barriers(
    panel: xr.Dataset, accounts: Accounts, progress: Progress = lambda _: None
) -> pd.DataFrame:
    """Rows of barriers.csv: ranks from the panel (goods) and the world accounts (services), levels of the
    table.
    """
    latest = panel.sel(y=panel["y"] >= choice("border_first_year"))
    theta = {r.sector: r.value - 1 for r in elasticity_rows(THETA_SET) if r.parameter == "sigma"}
    closed: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    for i in goods():
        progress(f"borders of {i}")
        closed[i] = border_effects(latest, i)
        raw[i] = 100 * np.expm1(closed[i] / theta[i])
    openness = penetration_residuals(accounts, panel["distance"])
    closed |= {str(i): -openness[i] for i in openness.columns}
    return barrier_rows(closed, raw)


def write_gravity(built: Gravity) -> list[Path]:
    """Write the packaged files; returns their paths."""
    for path, table, header in (
        (estimates_path(), built.estimates, ESTIMATES_HEADER),
        (barriers_path(), built.barriers, BARRIERS_HEADER),
    ):
        path.write_text(header + table.to_csv(index=False, lineterminator="\n"), encoding="utf-8")
    write_panel(built.panel, packaged_panel_path())
    return [estimates_path(), barriers_path(), packaged_panel_path()]


def rebuilt_effects() -> pd.DataFrame:
    """The packaged estimates with means and effects in use computed anew, after a choice has changed."""
    table: Any = read_estimates()
    estimated = table["specification"].isin([*SPECIFICATIONS, *NET.values()])
    return with_effects(table[estimated].reset_index(drop=True))


def largest_gap(
    new: pd.DataFrame, old: pd.DataFrame, keys: Sequence[str], columns: Sequence[str] | None = None
) -> float:
    """Largest difference of the number columns (of `columns` only, if given; relative above 1).

    inf where rows or missing cells differ.
    """
    new, old = (t.set_index(list(keys)) for t in (new, old))
    a, b = (t.select_dtypes("number") if columns is None else t[list(columns)] for t in (new, old))
    if not a.index.equals(b.index) or list(a.columns) != list(b.columns):
        return float("inf")
    x, y = a.to_numpy(float), b.to_numpy(float)
    if (np.isnan(x) != np.isnan(y)).any():
        return float("inf")
    return float(np.nanmax(abs(x - y) / np.maximum(1.0, abs(y))))
