"""Gains from trade: closed forms against the solved autarky limit, country by country.

Three models of one world: one sector; many sectors; many sectors with intermediate inputs. In each, the
world is first solved without imbalances, tariffs and taxes, then without trade; the loss of real income is
compared with the closed form at the own-country shares of the undistorted world, to which it applies
exactly. The closed form at the shares observed in the data, deficits included, stands apart: it is what is
usually published, and it differs because the data are no such equilibrium.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from calibration.accounts import Accounts
from calibration.aggregate import aggregate, load_aggregation
from calibration.elasticities import load_elasticities
from calibration.labels import read_values
from calibration.simplify import ALL, one_factor, one_household, one_sector, without_inputs
from calibration.sources.folder import raw_folder
from calibration.sources.wiod import SOURCE, read_wiod, wiod_theta
from calibration.world import load_world
from cge.app.replicate.autarky import solve_autarky
from cge.app.replicate.report import Check, Replication
from results.gains_from_trade import closed_form, observed_own_shares, solved_own_shares

TOLERANCE = 1e-6
"""Largest gap accepted between the solved loss and the closed form, percentage points."""
READING = (
    "Percent of real income lost in autarky. `solved` is the model's autarky against its undistorted trading "
    "world, `closed` the formula at that world's own-country shares; `observed` is the formula at the shares "
    "in the data, with their imbalances, tariffs and taxes. One factor, one household, perfect competition."
)
FORMULA = (
    "formulas: Arkolakis, Costinot & Rodriguez-Clare (2012), American Economic Review 102(1), 94-130; "
    "Costinot & Rodriguez-Clare (2014), Handbook of International Economics 4, ch. 4"
)


def wiod_2008(raw: Path | None = None) -> Replication:
    """33 countries and the rest of the world, 31 sectors, WIOD 2008."""
    accounts = read_wiod(raw_folder(raw), 2008)
    notes = (
        "Taxes and transport margins of the table are part of value added, so only imbalances are removed.",
        "Elasticities: Caliendo & Parro (2015), autos and other transport 8.22, services and the one-sector "
        "model 5; the many-sector figures depend on them strongly.",
    )
    return gains(accounts, wiod_theta(), "Gains from trade, WIOD 2008", SOURCE, notes)


def world_2022(raw: Path | None = None) -> Replication:
    """The packaged world of 2022 on its small aggregation; needs no raw data."""
    return packaged("small")


def packaged(aggregation: str) -> Replication:
    """Gains from trade in the packaged world on a shipped aggregation.

    Raises SolveError where a region makes nothing of a good, so that autarky has no finite cost.
    """
    world, chosen = load_world(), load_aggregation(aggregation)
    theta = load_elasticities("caliendo_parro", world, chosen).data["sigma"] - 1
    accounts = one_household(one_factor(aggregate(world, chosen)))
    notes = (
        "Own-country shares of an aggregated region include trade among its members.",
        "Elasticities: Caliendo & Parro (2015) by sector, sigma capped at 20; one sector 5.",
        "Taxes removed include recorded production subsidies, some of them large (textiles in Japan 60 % of "
        "output, farming in China 47 %): where they go, imports replace the product at these elasticities.",
    )
    title = f"Gains from trade, world of 2022, {chosen.name} aggregation"
    return gains(accounts, theta, title, "packaged world database (cge data info)", notes)


def gains(
    accounts: Accounts, theta: xr.DataArray, title: str, source: str, notes: tuple[str, ...]
) -> Replication:
    """Solved and closed-form losses of autarky (percent) by region, for the three models."""
    aggregate_theta = read_values("assumptions", "trade_elasticity_gains.csv", key="name")["one_sector"]
    models = {
        "one sector": (without_inputs(one_sector(accounts)), xr.DataArray([aggregate_theta], {"i": [ALL]})),
        "many sectors": (without_inputs(accounts), theta),
        "with inputs": (accounts, theta),
    }
    columns, checks, certificates = {}, [], {}
    for name, (world, elasticity) in models.items():
        found = solve_autarky(world, elasticity)
        closed = closed_form(solved_own_shares(found.free), world.data, elasticity)
        observed = closed_form(observed_own_shares(world.data), world.data, elasticity)
        gap = abs(100 * (found.loss - closed)).to_series()
        columns |= {f"{name}, solved": found.loss, f"{name}, closed": closed, f"{name}, observed": observed}
        what = f"{name}: solved against closed form"
        checks.append(Check(what, float(gap.max()), str(gap.idxmax()), TOLERANCE, "points"))
        certificates |= {f"{name}, undistorted": found.free.certificate,
                         f"{name}, autarky": found.closed.certificate}  # fmt: skip
    table = pd.DataFrame({n: 100 * v.to_series() for n, v in columns.items()}).rename_axis("region")
    table.loc["mean"] = table.mean()
    tables = {"Real income lost in autarky, percent": table}
    return Replication(
        title, f"{source}; {FORMULA}", tables, tuple(checks), (READING, *notes), certificates, 2
    )
