"""Elasticities of substitution: GTAP's by default, published trade-elasticity sets by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from calibration.accounts import Accounts, absorption, landed_value
from calibration.aggregate import Aggregation, aggregate_rate
from calibration.labels import read_rows, sector_labels

SETS = (
    "gtap",
    "caliendo_parro",
    "fontagne",
    "bagwell_staiger_yurukoglu",
    "giri_yi_yilmazkuday",
    "lashkaripour",
    "lashkaripour_lugovskyy",
    "shapiro",
    "uniform_4",
)
"""Names of the elasticity sets."""

Override = tuple[str, tuple[str, ...], float] | tuple[str, tuple[str, ...], float, bool]
"""A scenario's own value: parameter, industries, number, and whether it multiplies what was there (else it
replaces it)."""

CAP = 20.0
"""Largest elasticity of substitution used; what was cut is listed in Elasticities.caps."""

NEAR_ONE = 1e-3
"""A CES elasticity closer to 1 than this has no CES form and raises."""


class ElasticityError(ValueError):
    """An unknown set, or an elasticity that has no CES form; the message names cell and source."""


@dataclass(frozen=True)
class Elasticities:
    """Elasticities at the aggregation of the model.

    data: sigma_m(i) among origins, sigma_d(i) own country against imports, sigma(i) of the one-level nest,
    sigma_va(j) among factors. table: one row per parameter and industry of the 50 (parameter, sector, value,
    source, confidence, note). nest: "two_level" or "one_level", the nest the set is meant for.
    caps: the values cut to CAP, as text. moved: those moved away from 1, as text.
    """

    name: str
    data: xr.Dataset
    table: pd.DataFrame
    nest: str
    caps: tuple[str, ...]
    moved: tuple[str, ...] = ()


def load_elasticities(
    name: str,
    accounts: Accounts,
    aggregation: Aggregation,
    overrides: Sequence[Override] = (),
    *,
    weights: Mapping[str, xr.DataArray] | None = None,
    move_near_one: bool = False,
) -> Elasticities:
    """The set `name` on the sectors of `aggregation`; `accounts` are at country level (weights).

    sigma_d is averaged with absorption, sigma_m and sigma with imports, sigma_va with value added. GTAP gives
    the two-level nest (its one-level sigma is ESUBM); trade elasticities theta give sigma = 1 + theta in one
    level, and sigma_m = sigma, sigma_d = sigma / 2 where a two-level nest is asked for. ESUBVA is GTAP's in
    every set. overrides: (parameter, industries of the 50, number, whether it multiplies), applied in order
    before averaging. weights: `elasticity_weights` of the accounts, where they are there already.
    move_near_one: what is too near to 1 is moved to the nearer edge and listed, in place of ElasticityError.
    """
    rows = overridden(elasticity_rows(name), overrides)
    caps = tuple(f"{r.parameter} {r.sector}: {r.value:.4g} -> {_ceiling(r, name):g}" for r in rows
                 if r.value > _ceiling(r, name))  # fmt: skip
    rows, moved = _capped(rows, name), list[str]()
    if move_near_one:
        rows = _away_from_one(rows, moved)
    refuse_near_one(rows)
    weights = elasticity_weights(accounts) if weights is None else weights
    data = {}
    for parameter in PARAMETERS:
        value = {r.sector: r.value for r in rows if r.parameter == parameter}
        weight = weights[parameter]
        array = weight.copy(data=np.array([value[str(x)] for x in weight["i"].values]))
        mean = aggregate_rate(array, weight, aggregation)
        if move_near_one:
            mean = _means_away_from_one(mean, parameter, moved)
        data[parameter] = mean.rename(i="j") if parameter in ("sigma_va", "sigma_top") else mean
        _refuse_aggregate(mean, parameter, name)
    return Elasticities(name, xr.Dataset(data), _table(rows), nest(name), caps, tuple(moved))


def edge(value: float) -> float:
    """The nearest value that is far enough from 1; the value itself if it is."""
    if abs(value - 1) >= NEAR_ONE:
        return value
    return 1 - NEAR_ONE if value < 1 else float(np.nextafter(1 + NEAR_ONE, 2))


def _away_from_one(rows: Sequence[ElasticityRow], moved: list[str]) -> list[ElasticityRow]:
    moved += [f"{r.parameter} {r.sector}: {r.value:.6g} -> {edge(r.value):.4g}"
              for r in rows if edge(r.value) != r.value]  # fmt: skip
    return [replace(r, value=edge(r.value)) for r in rows]


def _means_away_from_one(mean: xr.DataArray, parameter: str, moved: list[str]) -> xr.DataArray:
    found = mean.copy(data=np.array([edge(float(v)) for v in mean.values]))
    moved += [f"{parameter} of aggregate sector {s}: {v:.6g} -> {w:.4g}" for s, v, w in
              zip(mean["i"].values, mean.values, found.values, strict=True) if v != w]  # fmt: skip
    return found


def _table(rows: Sequence[ElasticityRow]) -> pd.DataFrame:
    return pd.DataFrame([asdict(r) for r in rows])


def nest(name: str) -> str:
    """The nest the set `name` is meant for: "two_level" or "one_level"."""
    return "two_level" if name == "gtap" else "one_level"


def trade_elasticity(
    name: str, overrides: Sequence[Override] = (), *, one_level: bool, move_near_one: bool = False
) -> xr.DataArray:
    """Trade elasticity of each of the 50 industries (i): substitution among origins less 1.

    overrides, move_near_one: as in `load_elasticities`; values are capped as there.
    """
    parameter = "sigma" if one_level else "sigma_m"
    rows = [
        r for r in _capped(overridden(elasticity_rows(name), overrides), name) if r.parameter == parameter
    ]
    rows = _away_from_one(rows, []) if move_near_one else rows
    return xr.DataArray([r.value - 1 for r in rows], dims="i", coords={"i": [r.sector for r in rows]})


def _capped(rows: Sequence[ElasticityRow], name: str) -> list[ElasticityRow]:
    return [replace(r, value=min(r.value, _ceiling(r, name))) for r in rows]


@dataclass(frozen=True)
class ElasticityRow:
    """One parameter of one industry of the 50, with its source and confidence tag."""

    parameter: str
    sector: str
    value: float
    source: str
    confidence: str
    note: str


def elasticity_rows(name: str) -> list[ElasticityRow]:
    """Every parameter of every industry of the set `name`, before capping."""
    if name not in SETS:
        raise ElasticityError(f"unknown elasticity set {name!r}: choose one of {', '.join(SETS)}")
    gtap = _gtap_rows()
    if name == "gtap":
        return gtap
    out = [r for r in gtap if r.parameter in ("sigma_va", "sigma_top")]
    for row in read_rows("assumptions", "elasticities_trade.csv"):
        if row["set"] != name:
            continue
        sigma, origin = 1 + float(row["value"]), (row["source"], row["confidence"])
        note = "sigma = 1 + trade elasticity"
        out += [ElasticityRow(p, row["sector"], sigma, *origin, note) for p in ("sigma", "sigma_m")]
        out.append(ElasticityRow("sigma_d", row["sector"], sigma / 2, *origin, "half of sigma_m"))
    return out


def _gtap_rows() -> list[ElasticityRow]:
    values = {(r["commodity"], r["parameter"]): r for r in read_rows("assumptions", "elasticities_gtap.csv")}
    parts: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in read_rows("concordance", "gtap_commodities.csv"):
        parts.setdefault((row["sector"], row["parameter"]), []).append(row)
    names = {"ESUBD": ("sigma_d",), "ESUBM": ("sigma_m", "sigma"), "ESUBVA": ("sigma_va",)}
    out = []
    for (sector, parameter), part in parts.items():
        picked = [values[p["commodity"], parameter] for p in part]
        weights = [float(p["weight"]) for p in part]
        if abs(sum(weights) - 1) > 1e-5:
            raise ElasticityError(f"gtap_commodities.csv: weights of {sector} {parameter} do not sum to 1")
        mean = sum(w * float(p["value"]) for w, p in zip(weights, picked, strict=True)) / sum(weights)
        source = f"GTAP {parameter} of {' '.join(p['commodity'] for p in part)}: "
        source += "; ".join(dict.fromkeys(p["source"] for p in picked))
        confidence = max((p["confidence"] for p in picked), key=_TAGS.index)
        for target in names[parameter]:
            note = part[0]["note"] + ("; ESUBM used in one level" if target == "sigma" else "")
            out.append(ElasticityRow(target, sector, mean, source, confidence, note))
    (top,) = read_rows("assumptions", "elasticities_top.csv")
    note, value = "used by the production form ces only", float(top["value"])
    return out + [
        ElasticityRow("sigma_top", s, value, top["source"], top["confidence"], note) for s in sector_labels()
    ]


def overridden(rows: list[ElasticityRow], overrides: Sequence[Override]) -> list[ElasticityRow]:
    """Rows with a scenario's values in place of the set's, or times a scenario's factors, one after another.

    Raises ElasticityError on an unknown parameter.
    """
    for parameter, sectors, number, *multiplies in overrides:
        if parameter not in (*PARAMETERS, "trade"):
            raise ElasticityError(f"override of '{parameter}': choose one of {', '.join(PARAMETERS)}, trade")
        moved, chosen = TRADE if parameter == "trade" else (parameter,), set(sectors)
        change = _multiplied if any(multiplies) else _replaced
        rows = [change(r, number) if r.parameter in moved and r.sector in chosen else r for r in rows]
    return rows


def _replaced(row: ElasticityRow, value: float) -> ElasticityRow:
    return replace(row, value=value, source="override in the scenario", confidence="assumption", note="")


def _multiplied(row: ElasticityRow, factor: float) -> ElasticityRow:
    source = f"{row.source}; times {factor:g} in the scenario"
    return replace(row, value=row.value * factor, source=source, confidence="assumption")


PARAMETERS = ("sigma_m", "sigma_d", "sigma", "sigma_va", "sigma_top")
"""Every elasticity: among origins, own against imported, one level, among factors, top of production."""

TRADE = ("sigma_m", "sigma_d", "sigma")
"""Those of trade, which `trade` moves together."""

_TAGS = ("verified-page", "replicated", "repo-file", "derived", "recall-H", "recall-M", "recall-L")
"""Confidence tags, strongest first; a mean is as good as its weakest part."""


def _ceiling(row: ElasticityRow, name: str) -> float:
    # a halved sigma_d is half of the capped sigma_m, so its own ceiling is half as high
    return CAP / 2 if row.parameter == "sigma_d" and name != "gtap" else CAP


def refuse_near_one(rows: list[ElasticityRow]) -> None:
    """Raise ElasticityError for a value within NEAR_ONE of 1 or not positive, naming cell and source."""
    for row in rows:
        if abs(row.value - 1) < NEAR_ONE or row.value <= 0:
            raise ElasticityError(
                f"{row.parameter} of {row.sector} is {row.value:.6g} (source: {row.source}): a CES nest "
                f"needs a positive elasticity at least {NEAR_ONE:g} away from 1; move it to the edge or use "
                "the Cobb-Douglas nest"
            )


def _refuse_aggregate(mean: xr.DataArray, parameter: str, name: str) -> None:
    for sector, value in zip(mean["i"].values, mean.values, strict=True):
        if abs(float(value) - 1) < NEAR_ONE:
            raise ElasticityError(
                f"{parameter} of aggregate sector {sector} averages to {value:.6g} in the set {name}"
            )


def elasticity_weights(accounts: Accounts) -> dict[str, xr.DataArray]:
    """What each elasticity is averaged with, (i), USD million: imports, absorption, value added."""
    data = accounts.data
    imports = landed_value(data).sum(("o", "d"))
    value_added = data["V0"].sum(("r", "f")).rename(j="i")
    use = absorption(data).sum("r")
    return {
        "sigma_m": imports, "sigma": imports, "sigma_d": use,
        "sigma_va": value_added, "sigma_top": value_added,
    }  # fmt: skip
