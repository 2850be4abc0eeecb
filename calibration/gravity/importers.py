"""Which importers are closed in which sector: a ranking, never a level.

Goods: gravity on cross-border trade of the latest years (exporter-year and importer-year effects,
distance, contiguity, language, colony, log(1 + tariff), shallow, deep, trade_war) predicts what an
economy would sell to itself if its home market were one more foreign market at its inner distance and
without a tariff. The border effect is log(home sales / prediction), years pooled: what importer-specific
border dummies would give. Importer and exporter sides are not separately identified (an economy whose
exporters face barriers everywhere shows the same number); by assumption it is put on the import side, and
only its order among importers is used.

Services: bilateral flows by industry are themselves estimated, so the ranking is of import penetration
(imports over absorption, world accounts 2022) by industry, in logs, less what log absorption, log value
added per job and log remoteness explain by least squares. Low penetration counts as a high barrier.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from calibration.accounts import Accounts, absorption, border_value
from calibration.gravity.estimate import CROSS_SECTION, FIXED, TERMS, fit, frame
from calibration.labels import services


def border_effects(panel: xr.Dataset, k: str) -> pd.Series:
    """log(home sales / prediction) by importer of one industry, over the years of `panel` pooled.

    NaN where an economy sells nothing at home, or never exports or imports (no prediction).
    """
    table: Any = frame(panel, k)
    abroad = table["border"] > 0
    terms = [t for t in TERMS[CROSS_SECTION] if t != "border" and table.loc[abroad, t].any()]
    found, model = fit(table[abroad].reset_index(drop=True), terms, FIXED[CROSS_SECTION])
    size = float(table.loc[abroad, "x"].mean())
    home = table[~abroad]
    slopes = found.terms["estimate"].fillna(0.0)
    log = home[list(slopes.index)].to_numpy() @ slopes.to_numpy()
    effects = model.fixef(atol=1e-13, btol=1e-13)
    for name in FIXED[CROSS_SECTION]:
        values = _effects(effects, name)
        log = log + home[name].map(values).to_numpy(float)
    predicted = pd.Series(size * np.exp(log), index=home["d"].to_numpy())
    total: Any = pd.DataFrame(
        {"home": home["x"].to_numpy(), "predicted": predicted.to_numpy(), "d": home["d"].to_numpy()}
    )
    total = total.dropna().groupby("d")[["home", "predicted"]].sum()
    ratio = total["home"].where(total["home"] > 0) / total["predicted"]
    return np.log(ratio).reindex(economies_of(panel)).rename(k)


def _effects(effects: dict[str, dict[str, float]], name: str) -> dict[int, float]:
    (values,) = [v for key, v in effects.items() if name in str(key)]
    return {int(float(level)): float(v) for level, v in values.items()}


def economies_of(panel: xr.Dataset) -> list[str]:
    """Importers of a panel, in its order."""
    return [str(d) for d in panel["d"].values]


def penetration_residuals(accounts: Accounts, distance: xr.DataArray) -> pd.DataFrame:
    """Unexplained openness in services: economies x service industries, residuals of log import penetration.

    accounts: world accounts; distance (o,d): km, for remoteness (mean log distance to the other economies,
    weighted by their GDP). NaN where an industry is not imported or not used.
    """
    data = accounts.data
    names = [str(r) for r in distance["d"].values]
    use = absorption(data)
    imports = (border_value(data) * (1 + data["tm0"])).sum("o").rename(d="r")
    added = data["V0"].sum(("f", "j"))
    per_job = added / data["jobs0"].sum("j")
    wealth = np.log(per_job.sel(r=names).to_numpy())
    weight = added.sel(r=names).to_numpy()
    far = _remoteness(distance.sel(o=names, d=names).to_numpy(), weight)
    out = {}
    for i in services():
        use_i, in_i = (v.sel(r=names, i=i).to_numpy() for v in (use, imports))
        seen = (use_i > 0) & (in_i > 0)
        y = np.log(in_i[seen] / use_i[seen])
        x = np.column_stack([np.ones(seen.sum()), np.log(use_i[seen]), wealth[seen], far[seen]])
        beta, *_ = np.linalg.lstsq(x, y, rcond=None)
        column = np.full(len(names), np.nan)
        column[seen] = y - x @ beta
        out[i] = column
    return pd.DataFrame(out, index=names)


def _remoteness(distance: np.ndarray, weight: np.ndarray) -> np.ndarray:
    w = np.tile(weight, (len(weight), 1))
    np.fill_diagonal(w, 0.0)
    return (w * np.log(distance.T)).sum(1) / w.sum(1)


def ranks(closedness: pd.Series) -> pd.Series:
    """Rank from most open (1) to most closed (n); ties share their mean rank, NaN stays NaN."""
    return closedness.rank(method="average")
