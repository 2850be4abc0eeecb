"""Poisson pseudo-maximum likelihood with fixed effects, through pyfixest; zero flows are observations.

Two specifications, each pooled over the years of the panel, standard errors clustered by (undirected)
pair:

- `cross_section`: exporter-year and importer-year effects; log distance, contiguity, common language,
  colonial tie, border (1 for trade between economies; home sales are in the sample), log(1 + tariff),
  shallow, deep, single_market (members of the EU), trade_war (USA-CHN from 2019, whose duties the tariff
  data lack);
- `pair`: the same fixed effects, one for each directed pair and one for the border in each year, log(1 +
  tariff), shallow, deep, single_market, trade_war. Flows of a pair that never traded leave it.

Either is run twice: with the tariff's coefficient free, as published studies have it, and with the tariff
response imposed, log trade falling by sigma log(1 + tariff). What agreements do net of tariffs comes from the
latter: with the tariff free, a coefficient of the wrong sign (food) or far too large (oil) hands part of
what tariffs do to the agreements that cut them, or takes from it.

A term without variation given the others has no estimate: it is reported as missing with a note.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from calibration.gravity.errors import GravityError
from calibration.gravity.panel import TRADE_WAR
from calibration.sources.geodist import TIES

SPECIFICATIONS = CROSS_SECTION, PAIR = "cross_section", "pair"
NET = {s: f"{s}, net" for s in SPECIFICATIONS}
"""Specification -> its run with the tariff response imposed."""
POLICY = ("tariff", "shallow", "deep", "single_market", "trade_war")
TERMS = {
    CROSS_SECTION: ("distance", *TIES, "border", *POLICY),
    PAIR: POLICY,
}
"""Specification -> its terms."""
FIXED = {CROSS_SECTION: ("oy", "dy"), PAIR: ("oy", "dy", "od", "by")}
TOLERANCE = {"iwls_tol": 1e-8, "fixef_tol": 1e-8, "iwls_maxiter": 100, "fixef_maxiter": 1_000_000}
"""Of the iterations: coefficients settle to about 1e-12, standard errors to about 1e-8 of their size."""
_REPORTED = ("observations removed because of separation", "multicollinearity", "singleton")


@dataclass(frozen=True)
class Estimate:
    """One regression: `terms` (index term; columns estimate, se; missing terms NaN) and their covariance.

    observations: used; separated: dropped because their fixed effects are minus infinity (pairs or economies
    that never trade); missing: terms without an estimate.
    """

    terms: pd.DataFrame
    covariance: pd.DataFrame
    observations: int
    separated: int
    missing: tuple[str, ...]


def frame(panel: xr.Dataset, k: str, home: bool = True) -> pd.DataFrame:
    """One industry of the panel as rows y, o, d (sorted), with every regressor; `home` keeps home sales."""
    data = panel.sel(k=k, drop=True).sortby(["y", "o", "d"])
    fields = ["x", "depth", "distance", *TIES, *(["t"] if "t" in data else [])]
    table: Any = data[fields].to_dataframe(dim_order=["y", "o", "d"]).reset_index()
    border = (table["o"] != table["d"]).to_numpy()
    exporter, importer = TRADE_WAR[:2]
    war = table["o"].isin((exporter, importer)) & table["d"].isin((exporter, importer)) & border
    columns = {
        "distance": np.log(table["distance"]),
        **{tie: table[tie] * border for tie in TIES},
        "border": border.astype(float),
        "shallow": (table["depth"] == 1).astype(float),
        "deep": (table["depth"] == 2).astype(float),
        "single_market": (table["depth"] == 3).astype(float),
        "trade_war": (war & (table["y"] >= TRADE_WAR[2])).astype(float),
        "by": np.where(border, table["y"], 0),
        "oy": pd.factorize(table["o"] + table["y"].astype(str))[0],
        "dy": pd.factorize(table["d"] + table["y"].astype(str))[0],
        "od": pd.factorize(table["o"] + table["d"])[0],
        "pair": pd.factorize(np.minimum(table["o"].astype(str), table["d"].astype(str)) + np.maximum(
            table["o"].astype(str), table["d"].astype(str)))[0],
    }  # fmt: skip
    if "t" in table:
        columns["tariff"] = np.log1p(table["t"])
    table = table.drop(columns=["t", "depth"], errors="ignore").assign(**columns)
    return table if home else table[border].reset_index(drop=True)


def fit(
    table: pd.DataFrame,
    terms: Sequence[str],
    fixed: Sequence[str],
    outcome: str = "x",
    offset: str | None = None,
) -> tuple[Estimate, Any]:
    """Regress `outcome` on `terms` with fixed effects `fixed`; clustered by `pair`. Returns also
    pyfixest's model. offset: a column that enters with coefficient 1.

    Raises GravityError when pyfixest is not installed or does not converge.
    """
    poisson = _fepois()
    size = float(table[outcome].to_numpy(float).mean())
    if not size > 0:
        raise GravityError("no flow is above zero: nothing to estimate")
    names = ordered_names(fixed)
    # in units of the mean: convergence is judged on a scale that does not depend on the industry's size
    data = table.assign(**{outcome: table[outcome] / size}).rename(columns=names)
    formula = f"{outcome} ~ {' + '.join(terms)} | {' + '.join(names.values())}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for text in _REPORTED:
            warnings.filterwarnings("ignore", message=f".*{text}.*")
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        model = poisson(formula, data, vcov={"CRV1": "pair"}, offset=offset, **TOLERANCE)
    if not getattr(model, "convergence", True):
        raise GravityError(f"{formula}: the estimation did not converge")
    found = model.coef()
    kept = [str(n) for n in found.index]
    covariance = pd.DataFrame(np.asarray(model._vcov), kept, kept)
    frame_ = pd.DataFrame({"estimate": found.to_numpy(), "se": model.se().to_numpy()}, index=kept).reindex(
        list(terms)
    )
    missing = tuple(t for t in terms if t not in kept)
    used = int(model._N)
    return Estimate(frame_, covariance, used, len(table) - used, missing), model


def ordered_names(fixed: Sequence[str]) -> dict[str, str]:
    """Names for fixed effects under which a Python set keeps their order.

    pyfixest 0.60 walks through a set of names, whose order changes from process to process with the hash
    seed; the fixed effects would then be swept out in another order and the last digits would differ.
    """
    trials = ([f"{f}_{n}" for f in fixed] for n in count())
    names = next(names for names in trials if list(set(names)) == names)
    return dict(zip(fixed, names, strict=True))


def _fepois() -> Any:
    try:
        from pyfixest import fepois
    except ImportError as error:
        raise GravityError(
            "estimation needs the package pyfixest, which is not installed: pip install 'cge-world[gravity]'"
        ) from error
    return fepois


def estimate(panel: xr.Dataset, k: str, specification: str, sigma: float | None = None) -> Estimate:
    """One industry (or `services`, or a sum) in one specification; years come from the panel.

    sigma: elasticity of trade to the tariff factor that is imposed; the term `tariff` then has no estimate of
    its own (-sigma, standard error 0).
    """
    table, offset = frame(panel, k), None
    terms = [t for t in TERMS[specification] if table[t].to_numpy().any()]
    if sigma is not None and "tariff" in terms:
        terms.remove("tariff")
        table, offset = table.assign(imposed=-sigma * table["tariff"]), "imposed"
    found, _ = fit(table, terms, FIXED[specification], offset=offset)
    every = found.terms.reindex(list(TERMS[specification]))
    absent = [t for t in TERMS[specification] if t not in terms]
    if offset is not None:
        every.loc["tariff"] = (-float(sigma or 0.0), 0.0)
        absent.remove("tariff")
    return replace(found, terms=every, missing=(*absent, *found.missing))
