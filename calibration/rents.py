r"""Benchmark rents of non-tariff measures, carved out of balanced accounts: cutting one is then a transfer.

The accounts as published record rents without naming them. An exporter's rent is inside the value of its
sales and the capital income of its activity; an importer's rent is inside the trade margins (sector G) that
users pay. Both are taken out of there and named, with :math:`B = X (1+te)` the border value as observed:

* **exporter**: :math:`R^x = B \, rx/(1+rx)` leaves the value at basic price, the output of the activity and
  its capital income; B, export-tax revenue, production-tax revenue and purchases of inputs stay.
* **importer**: :math:`R^m = B \, rm` adds to the landed value. Users of the good pay it in the good's price,
  in proportion to their use, and pay as much less for G; home sales of G, its output and its capital income
  fall by the sum. What each user spends in total, and its taxes, stay.

GDP, national income, foreign saving, every tax revenue and every final user's spending are what they were.

Where an account would fall below its floor (`assumptions/rent_floors.csv`) rents are lowered, in this order,
each step in closed form and blind to the order of labels:

1. a flow keeps its floor of basic value;
2. a user pays, for all goods alike, the share :math:`t_u \le 1` of what it should that its purchases of G can
   bear; the rent on good i falls to the mean of t over the users of i, by what each uses of it. (One price
   for all users would let one user without margins, a bank or a shipping line, forbid a whole country's
   rents; as it is, the few users with t < 1 are recorded with a little less of the imported goods.) A rent
   on imports of G itself is paid by users of G out of G and needs no such share;
3. home sales of G in the importing economy: one factor on all its importers' rents;
4. capital income of an activity: one factor on the rents that come out of it, exporters' and, for G,
   importers'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from calibration.accounts import DIMS, FINAL_USES, RENTS, Accounts, absorption, border_value, output
from calibration.labels import read_values

MARGIN = "G"
"""The sector whose sales are the trade margins that importers' rents come out of."""

COLUMNS = ("side", "exporter", "importer", "sector", "wanted", "got", "lost", "reason")
ALL = "*"
"""Partner in rows of `Carved.lowered` that hold for every flow of an exporter or importer in a sector."""

_ROUNDING = 1e-12


class RentsError(ValueError):
    """Rents that cannot be carved out: twice, of a wrong shape, negative, or without a sector of margins."""


@dataclass(frozen=True)
class Carved:
    """Accounts with rents, and the rents that are lower than was wanted.

    ``lowered``: one row per flow, or per exporter or importer and sector with ``*`` for all partners:
    ``side`` (exporter or importer: whose rent), ``exporter importer sector``, ``wanted`` and ``got`` (mean
    rates over the flows concerned, before and after the step that lowers them), ``lost`` (USD million; adds
    up to what is wanted less what is carved out), ``reason``.
    """

    accounts: Accounts
    lowered: pd.DataFrame


@dataclass(frozen=True)
class _Rents:
    """Rents, USD million: exporters' (o,d,i), importers' by commodity (r,i); what users pay (r,i,u)."""

    exporters: xr.DataArray
    importers: xr.DataArray
    paid: xr.DataArray
    kept: xr.DataArray


def carve_rents(accounts: Accounts, rx: xr.DataArray, rm: xr.DataArray, *, margin: str = MARGIN) -> Carved:
    """Accounts with rents at the wanted rates, or at what the accounts can bear, and the list of the latter.

    rx, rm (o,d,i): share of the border value before the rent (exporters), of the border value (importers), at
    the level of `accounts`, at least zero; flows without trade get none. margin: sector of trade margins.
    Raises RentsError when the accounts carry rents already, labels or values are wrong, or `margin` is
    missing.
    """
    data = accounts.data
    if any(bool((data[name] != 0).any()) for name in RENTS):
        raise RentsError("these accounts carry rents already: carve rents out of accounts without them, once")
    if margin not in accounts.sectors:
        raise RentsError(f"no sector '{margin}': importers' rents come out of trade margins; carve them out "
                         "before sectors are aggregated, or name the sector of margins")  # fmt: skip
    traded = data["X0"] > 0
    rx, rm = (_wanted(rate, name, data).where(traded, 0.0) for rate, name in ((rx, "rx"), (rm, "rm")))
    rents, lowered = _bearable(data, rx, rm, margin)
    changed = _carved(data, rents, rm, margin)
    result = Accounts(
        data.assign({n: a.transpose(*DIMS[n]) for n, a in changed.items()}),
        {**accounts.meta, "rents": {"exporters": float(rents.exporters.sum()),
                                    "importers": float(rents.importers.sum())}},
    )  # fmt: skip
    result.check()
    return Carved(result, lowered)


def _wanted(rate: xr.DataArray, name: str, data: xr.Dataset) -> xr.DataArray:
    if set(rate.dims) != set("odi"):
        raise RentsError(f"{name} has dimensions {rate.dims}, expected o, d, i")
    for letter in "odi":
        odd = sorted(set(map(str, rate[letter].values)) ^ set(map(str, data[letter].values)))
        if odd:
            raise RentsError(f"{name}: labels along {letter} differ from the accounts': {', '.join(odd[:5])}")
    labels = {letter: data[letter].values for letter in "odi"}
    rate = rate.sel(labels).transpose("o", "d", "i")
    bad = np.argwhere(~(np.isfinite(rate.to_numpy()) & (rate.to_numpy() >= 0)))
    if len(bad):
        where = ",".join(str(rate[c].values[k]) for c, k in zip("odi", bad[0], strict=True))
        value = rate.to_numpy()[tuple(bad[0])]
        raise RentsError(f"{name}[{where}] = {value:.3g}: a rent rate is a number of at least 0")
    return rate


def _uses(data: xr.Dataset) -> xr.DataArray:
    """Every use at market prices by user (r,i,u): activities, then final uses."""
    final = [data[n].expand_dims(u=[n]) for n, _ in FINAL_USES]
    activities = data["Z0"].rename(j="u").assign_coords(u=[f"Z0 {j}" for j in data["j"].values])
    return xr.concat([activities, *final], "u")


def _ratio(a: xr.DataArray, b: xr.DataArray, empty: float) -> xr.DataArray:
    return xr.where(b > 0, a / b.where(b > 0, 1.0), empty)


def _at_most_one(room: xr.DataArray, need: xr.DataArray) -> xr.DataArray:
    return _ratio(room, need, 1.0).clip(max=1.0)


def _bearable(
    data: xr.Dataset, rx: xr.DataArray, rm: xr.DataArray, margin: str
) -> tuple[_Rents, pd.DataFrame]:
    """The four steps of the module's docstring."""
    room = {k: 1 - v for k, v in read_values("assumptions", "rent_floors.csv", key="name").items()}
    border, is_margin = border_value(data), xr.where(data["i"] == margin, 1.0, 0.0)
    wanted_x, wanted_m = border * rx / (1 + rx), (border * rm).sum("o").rename(d="r")
    flow = _at_most_one(room["flow"] * data["X0"], wanted_x)
    uses = _uses(data)
    price = _ratio(wanted_m, absorption(data), 0.0)
    needed = (uses * price * (1 - is_margin)).sum("i")
    pays = _at_most_one(room["purchases"] * uses.sel(i=margin, drop=True), needed)
    by_user = uses * price * xr.where(data["i"] == margin, 1.0, pays)
    users = _ratio(by_user.sum("u"), wanted_m, 1.0)
    sold = data["H0"].sel(i=margin, drop=True)
    home = _at_most_one(room["home_sales"] * sold, by_user.sum(("i", "u")))
    out_of = (wanted_x * flow).sum("d").rename(o="r") + is_margin * home * by_user.sum(("i", "u"))
    capital = data["V0"].sel(f="capital", drop=True).rename(j="i")
    bears = _at_most_one(room["capital"] * capital, out_of)
    margins_bear = bears.sel(i=margin, drop=True)
    paid = by_user * home * margins_bear
    found = _Rents(wanted_x * flow * bears.rename(r="o"), paid.sum("u"), paid, users * home * margins_bear)
    after = wanted_x * flow
    rows = [
        *_rows("exporter", wanted_x, after, border, {"value of the flow": flow}),
        *_rows("exporter", after.sum("d"), found.exporters.sum("d"), border.sum("d"),
               {"capital income of the activity": bears.rename(r="o")}),
        *_rows("importer", wanted_m.rename(r="d"), found.importers.rename(r="d"), border.sum("o"),
               {words: factor.rename(r="d") for words, factor in (
                   (f"users' purchases of {margin}", users), (f"home sales of {margin}", home),
                   (f"capital income of {margin}", margins_bear))}),
    ]  # fmt: skip
    return found, pd.DataFrame(rows, columns=list(COLUMNS))


def _carved(data: xr.Dataset, rents: _Rents, rm: xr.DataArray, margin: str) -> dict[str, xr.DataArray]:
    """Every account that changes."""
    border, basic = border_value(data), data["X0"] - rents.exporters
    is_margin = xr.where(data["i"] == margin, 1.0, 0.0)
    # users of G pay the rent on its imports out of G: nothing changes for them
    more = rents.paid * (1 - is_margin)
    uses = _uses(data) + more - is_margin * more.sum("i")
    out_of_margins = rents.importers.sum("i")
    home = data["H0"] - is_margin * out_of_margins
    lost = rents.exporters.sum("d").rename(o="r") + is_margin * out_of_margins
    is_capital = xr.where(data["f"] == "capital", 1.0, 0.0)
    before = output(data)
    z = uses.isel(u=slice(0, data.sizes["j"])).rename(u="j").assign_coords(j=data["j"].values)
    return {
        "H0": home, "X0": basic, "Z0": z, **{n: uses.sel(u=n, drop=True) for n, _ in FINAL_USES},
        "te0": data["te0"] * _ratio(data["X0"], basic, 1.0),
        "rx0": _ratio(rents.exporters, border - rents.exporters, 0.0),
        "rm0": rm * rents.kept.rename(r="d"),
        "V0": data["V0"] - is_capital * lost.rename(i="j"),
        "to0": data["to0"] * _ratio(before, before - lost, 1.0).rename(i="j"),
    }  # fmt: skip


def _rows(
    side: str, wanted: xr.DataArray, got: xr.DataArray, border: xr.DataArray, factors: dict[str, xr.DataArray]
) -> list[tuple[object, ...]]:
    """Rows of `Carved.lowered` for the cells where a rent is wanted and a factor, by its reason, lowers it.

    wanted, got, border: USD million of the flows concerned, over the same letters; a letter that is not among
    them is listed as ``*``.
    """
    wanted, got, border, *each = xr.broadcast(wanted, got, border, *factors.values())
    letters = [str(c) for c in wanted.dims]
    lowers = {reason: (f < 1 - _ROUNDING) & (wanted > 0) for reason, f in zip(factors, each, strict=True)}
    hit = sum(lowers.values(), xr.zeros_like(wanted, dtype=bool))
    rows = []
    for place in np.argwhere(hit.to_numpy()):
        at = tuple(place)
        cell = {c: str(wanted[c].values[k]) for c, k in zip(letters, place, strict=True)}
        asked, given, value = (float(a.to_numpy()[at]) for a in (wanted, got, border))
        # the exporter's rate is on the border value before the rent
        bases = (value - asked, value - given) if side == "exporter" else (value, value)
        reason = ", ".join(words for words, low in lowers.items() if bool(low.to_numpy()[at]))
        rows.append((side, cell.get("o", ALL), cell.get("d", ALL), cell["i"], asked / bases[0],
                     given / bases[1], asked - given, reason))  # fmt: skip
    return rows
