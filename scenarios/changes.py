"""The rows of a policy with the trade they cover, in groups and in words, for ``explain`` and ``diff``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from scenarios.naming import Naming
from scenarios.policy import Step

KEYS = ["region", "partner", "sector", "instrument"]
INSTRUMENTS = {
    "tm": "tariff", "te": "export tax", "k": "trade cost factor", "removed": "share of barriers removed",
    "to": "production tax", "tc": "consumption tax", "productivity": "productivity", "endow": "endowment",
    "trq": "tariff-rate quota", "export_control": "export control", "minimum_wage": "minimum wage",
}  # fmt: skip
BY_EXPORTER = ("te", "export_control")
"""Instruments of the selling side: the region is the origin of the flow."""
FACTORS = ("k", "productivity", "endow")
"""Instruments that multiply something: 1 is no change."""
CAPS = ("quota", "export_control", "trq", "minimum_wage")
"""Measures relative to the baseline's quantity or wage."""
_NEXT = re.compile(r"; (?=[^;]*:\d+ )")
_ENTRY = re.compile(r".*?:\d+(?: (?:measures\[\d+\]\.)?shocks\[\d+\])?(?= )")
_PATH = re.compile(r" (?:measures\[\d+\]\.)?shocks\[\d+\](?= )")
_USE = re.compile(r", (?:used by \S+ % of trade|rules of origin)(?=;|$)")


def rows_of(table: pd.DataFrame, trade: xr.DataArray) -> pd.DataFrame:
    """A policy's table with columns region, partner, sector, instrument, from, to, why and ``trade``.

    ``trade``: benchmark flows over (o, d, i), USD million; NaN in rows that are about no flow.
    """
    rows = by_measure(table)
    flows = trade.transpose("o", "d", "i")
    own = rows["instrument"].isin(BY_EXPORTER).to_numpy()
    region, partner = rows["region"].to_numpy(), rows["partner"].to_numpy()
    places = np.stack(
        [
            _places(flows, "o", np.where(own, region, partner)),
            _places(flows, "d", np.where(own, partner, region)),
            _places(flows, "i", rows["sector"].to_numpy()),
        ]
    )
    found = (places >= 0).all(axis=0)
    value = np.full(len(rows), np.nan)
    value[found] = flows.values[tuple(places[:, found])]
    return rows.assign(trade=value)


def _places(flows: xr.DataArray, dim: str, labels: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Where each label stands along a dimension, -1 for one that is not there."""
    known = pd.Index([str(label) for label in flows[dim].values])
    return np.asarray(known.get_indexer(pd.Index(labels)), dtype=np.int64)


def by_measure(table: pd.DataFrame) -> pd.DataFrame:
    """The table with ``region`` (whose measure) and ``partner`` in place of importer and exporter."""
    if "region" in table.columns:
        return table
    own = table["instrument"].isin(BY_EXPORTER).to_numpy()
    importer, exporter = table["importer"].to_numpy(), table["exporter"].to_numpy()
    sides = {"region": np.where(own, exporter, importer), "partner": np.where(own, importer, exporter)}
    rest = table.drop(columns=["importer", "exporter"])
    return pd.DataFrame({**sides, **{str(name): rest[name].to_numpy() for name in rest.columns}})


@dataclass(frozen=True)
class Span:
    """A trade-weighted mean of rates, and the lowest and highest of them."""

    mean: float
    low: float
    high: float

    def words(self, instrument: str) -> str:
        """``2.4 % (0.1 % to 83 %)``."""
        if not np.isfinite(self.mean):
            return shown(self.mean, instrument)
        low, mean, high = (shown(x, instrument) for x in (self.low, self.mean, self.high))
        return mean if low == high else f"{mean} ({low} to {high})"


@dataclass(frozen=True)
class Change:
    """What one shock (or several together) does to one instrument, over all the flows it changes.

    ``trade`` is in USD million, NaN where the change is about no flow; rates are shares.
    """

    instrument: str
    why: str
    who: str
    sectors: str
    count: int
    trade: float
    before: Span
    after: Span


def grouped(rows: pd.DataFrame, words: Naming, steps: Sequence[Step] = ()) -> tuple[Change, ...]:
    """One Change per shock and instrument, in the order of the steps.

    ``rows`` as rows_of gives them. Cells that two shocks have changed are a group of their own. What a shock
    says of single flows (how much an agreement is used, the points of a reply) makes no group.
    """
    keys = {why: entries(why) for why in map(str, rows["why"].unique())}
    order: dict[str, int] = {}
    for n, step in enumerate(steps):
        order.setdefault(entries(step.why), n)
    whys = rows["why"].to_numpy(dtype=object)
    cause = np.array([keys[why] for why in whys.tolist()], dtype=object)
    instruments = rows["instrument"].to_numpy(dtype=object)
    ranks = {name: n for n, name in enumerate(INSTRUMENTS)}
    out = []
    for key, instrument in dict.fromkeys(zip(cause, instruments, strict=True)):
        chosen = np.flatnonzero((cause == key) & (instruments == instrument))
        words_of = common_cause(whys[chosen])
        change = _change(rows.iloc[chosen], str(instrument), words_of, words)
        first = min((n for entry, n in order.items() if key.startswith(entry)), default=len(order))
        out.append(((first, key, ranks.get(str(instrument), len(ranks))), change))
    return tuple(change for _, change in sorted(out, key=lambda row: row[0]))


def entries(why: str) -> str:
    """The entries of files that a cause consists of, by file, line and path, without their words."""
    parts = [_ENTRY.match(part) for part in _NEXT.split(why)]
    return "; ".join(part.group(0) for part in parts if part is not None) or why


def common_cause(whys: Iterable[str]) -> str:
    """The words that all causes begin with, by whole words; what differs by flow is left out."""
    plain = sorted({plain_cause(why) for why in set(whys)})
    if len(plain) == 1:
        return plain[0]
    first, last = plain[0].split(" "), plain[-1].split(" ")
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return " ".join([*first[:same], "..."])


def plain_cause(why: str) -> str:
    """The cause of a change by file and line, without the share of trade that claims the preference."""
    return _PATH.sub("", _USE.sub("", why))


def _change(rows: pd.DataFrame, instrument: str, why: str, words: Naming) -> Change:
    weights = rows["trade"].to_numpy(dtype=float)
    who, sectors = where(rows, words)
    return Change(
        instrument=instrument,
        why=why,
        who=who,
        sectors=sectors,
        count=len(rows),
        trade=total_trade(rows),
        before=span(rows["from"].to_numpy(dtype=float), weights),
        after=span(rows["to"].to_numpy(dtype=float), weights),
    )


def where(rows: pd.DataFrame, words: Naming) -> tuple[str, str]:
    """Whose measures on whom, and in which sectors ("" where the instrument has none), for one instrument."""
    both = rows.drop_duplicates(["region", "partner"])
    pairs = set(zip(map(str, both["region"]), map(str, both["partner"]), strict=True))
    sectors = set(map(str, rows["sector"].unique())) - {""}
    known = sectors <= words.sectors.universe
    named = (words.sectors.words(sectors) if known else ", ".join(sorted(sectors))) if sectors else ""
    return words.flows(pairs, exports=str(rows["instrument"].iloc[0]) in BY_EXPORTER), named


def span(values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> Span:
    """Mean (weighted where any weight is positive), lowest and highest; NaN where a value is none."""
    if np.isnan(values).any():
        return Span(float("nan"), float("nan"), float("nan"))
    heavy = np.nan_to_num(weights)
    mean = float(np.average(values, weights=heavy)) if heavy.sum() > 0 else float(values.mean())
    return Span(mean, float(values.min()), float(values.max()))


def shown(value: float, instrument: str) -> str:
    """A value with its unit: ``2.4 %`` of a rate, ``1.02`` of a factor, ``no limit`` where there is none."""
    if not np.isfinite(value):
        return "no limit"
    if instrument in FACTORS:
        return f"{value:.4g}"
    words = f"{100 * value:.3g}" if abs(value) < 10 else f"{100 * value:,.0f}"
    return f"{words} % of the baseline's" if instrument in CAPS else f"{words} %"


def total_trade(rows: pd.DataFrame) -> float:
    """Trade of all flows among the rows, each once, USD million; NaN where none of them is about a flow."""
    values = rows.drop_duplicates(KEYS[:3])["trade"].to_numpy(dtype=float)
    return float(np.nansum(values)) if np.isfinite(values).any() else float("nan")


def dollars(trade: float) -> str:
    """USD million as ``USD 812 bn``, ``USD 1.4 bn``, ``USD 35 mn``; "" for what is about no flow."""
    if not np.isfinite(trade):
        return ""
    if trade >= 99_950:
        return f"USD {trade / 1e3:,.0f} bn"
    return f"USD {trade / 1e3:.1f} bn" if trade >= 999.5 else f"USD {trade:.0f} mn"


def instrument_words(instrument: str) -> str:
    """``tariff`` for ``tm``."""
    return INSTRUMENTS.get(instrument, instrument.replace("_", " "))
