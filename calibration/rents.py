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

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from calibration.accounts import DIMS, FINAL_USES, RENTS, Accounts, absorption, border_value, output
from calibration.labels import read_values
from cge.plain import Plain, Plains, World, where

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

    exporters: Plain
    importers: Plain
    paid: Plain
    kept: Plain


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
    wanted = [_wanted(rate, name, data) for rate, name in ((rx, "rx"), (rm, "rm"))]
    plain = _with_users(data)
    traded = plain["X0"] > 0
    rx_, rm_ = (Plain(a, ("o", "d", "i"), plain.world).where(traded, 0.0) for a in wanted)
    rents, lowered = _bearable(plain, rx_, rm_, margin)
    changed = _carved(plain, rents, rm_, margin)
    result = Accounts(
        data.assign({n: a.transpose(*DIMS[n]).to_xarray() for n, a in changed.items()}),
        {**accounts.meta, "rents": {"exporters": float(rents.exporters.values.sum()),
                                    "importers": float(rents.importers.values.sum())}},
    )  # fmt: skip
    result.check()
    return Carved(result, lowered)


def _wanted(rate: xr.DataArray, name: str, data: xr.Dataset) -> np.ndarray:
    """The rates (o, d, i) in the order of the accounts."""
    if set(rate.dims) != set("odi"):
        raise RentsError(f"{name} has dimensions {rate.dims}, expected o, d, i")
    for letter in "odi":
        odd = sorted(set(map(str, rate[letter].values)) ^ set(map(str, data[letter].values)))
        if odd:
            raise RentsError(f"{name}: labels along {letter} differ from the accounts': {', '.join(odd[:5])}")
    labels = {letter: data[letter].values for letter in "odi"}
    rate = rate.transpose("o", "d", "i")
    if any(rate[letter].values.tolist() != names.tolist() for letter, names in labels.items()):
        rate = rate.sel(labels)
    values = rate.to_numpy()
    good = np.isfinite(values) & (values >= 0)
    if not good.all():
        at = np.argwhere(~good)[0]
        where = ",".join(str(rate[c].values[k]) for c, k in zip("odi", at, strict=True))
        value = values[tuple(at)]
        raise RentsError(f"{name}[{where}] = {value:.3g}: a rent rate is a number of at least 0")
    return values


def _with_users(data: xr.Dataset) -> Plains:
    """The accounts as plain arrays; ``u`` runs over the users of a good: activities, then final uses."""
    world = World.of(data)
    users = (*(f"Z0 {j}" for j in world.labels["j"]), *(n for n, _ in FINAL_USES))
    return Plains.of(data, World({**world.labels, "u": users}))


def _uses(data: Plains) -> Plain:
    """Every use at market prices by user (r,i,u)."""
    final = [data[n].transpose("r", "i").values[:, :, None] for n, _ in FINAL_USES]
    both = [data["Z0"].transpose("r", "i", "j").values, *final]
    return Plain(np.concatenate(both, axis=2), ("r", "i", "u"), data.world)


def _is(data: Plains, dim: str, label: str) -> Plain:
    """1 at a label, else 0."""
    return Plain(np.array([float(x == label) for x in data.world.labels[dim]]), (dim,), data.world)


def _ratio(a: Plain, b: Plain, empty: float) -> Plain:
    # of next to nothing any multiple can be had: a ratio may be infinite
    with np.errstate(over="ignore"):
        return where(b > 0, a / b.where(b > 0, 1.0), empty)


def _at_most_one(room: Plain, need: Plain) -> Plain:
    return _ratio(room, need, 1.0).clip(max=1.0)


def _bearable(data: Plains, rx: Plain, rm: Plain, margin: str) -> tuple[_Rents, pd.DataFrame]:
    """The four steps of the module's docstring."""
    room = {k: 1 - v for k, v in read_values("assumptions", "rent_floors.csv", key="name").items()}
    border, is_margin = border_value(data), _is(data, "i", margin)
    wanted_x, wanted_m = border * rx / (1 + rx), (border * rm).sum("o").rename(d="r")
    flow = _at_most_one(room["flow"] * data["X0"], wanted_x)
    uses = _uses(data)
    price = _ratio(wanted_m, absorption(data), 0.0)
    needed = (uses * price * (1 - is_margin)).sum("i")
    pays = _at_most_one(room["purchases"] * uses.sel(i=margin, drop=True), needed)
    by_user = uses * price * where(is_margin == 1, 1.0, pays)
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
        _rows("exporter", wanted_x, after, border, {"value of the flow": flow}),
        _rows("exporter", after.sum("d"), found.exporters.sum("d"), border.sum("d"),
               {"capital income of the activity": bears.rename(r="o")}),
        _rows("importer", wanted_m.rename(r="d"), found.importers.rename(r="d"), border.sum("o"),
               {words: factor.rename(r="d") for words, factor in (
                   (f"users' purchases of {margin}", users), (f"home sales of {margin}", home),
                   (f"capital income of {margin}", margins_bear))}),
    ]  # fmt: skip
    filled = [part for part in rows if len(part)] or rows[:1]
    return found, pd.concat(filled, ignore_index=True)


def _carved(data: Plains, rents: _Rents, rm: Plain, margin: str) -> dict[str, Plain]:
    """Every account that changes."""
    border, basic = border_value(data), data["X0"] - rents.exporters
    is_margin = _is(data, "i", margin)
    # users of G pay the rent on its imports out of G: nothing changes for them
    more = rents.paid * (1 - is_margin)
    uses = _uses(data) + more - is_margin * more.sum("i")
    out_of_margins = rents.importers.sum("i")
    home = data["H0"] - is_margin * out_of_margins
    lost = rents.exporters.sum("d").rename(o="r") + is_margin * out_of_margins
    is_capital = _is(data, "f", "capital")
    before = output(data)
    activities = len(data.world.labels["j"])
    z = Plain(uses.values[:, :, :activities], ("r", "i", "j"), data.world)
    return {
        "H0": home, "X0": basic, "Z0": z, **{n: uses.sel(u=n, drop=True) for n, _ in FINAL_USES},
        "te0": data["te0"] * _ratio(data["X0"], basic, 1.0),
        "rx0": _ratio(rents.exporters, border - rents.exporters, 0.0),
        "rm0": rm * rents.kept.rename(r="d"),
        "V0": data["V0"] - is_capital * lost.rename(i="j"),
        "to0": data["to0"] * _ratio(before, before - lost, 1.0).rename(i="j"),
    }  # fmt: skip


def _rows(side: str, wanted: Plain, got: Plain, border: Plain, factors: Mapping[str, Plain]) -> pd.DataFrame:
    """Rows of `Carved.lowered` for the cells where a rent is wanted and a factor, by its reason, lowers it.

    wanted, got, border: USD million of the flows concerned, over the same letters; a letter that is not among
    them is listed as ``*``.
    """
    dims, none = wanted.dims, 0.0 * wanted
    lowers = {reason: (((f + none).transpose(*dims)).values < 1 - _ROUNDING) for reason, f in factors.items()}
    at = np.nonzero(np.logical_or.reduce([*lowers.values()]) & (wanted.values > 0))
    asked, given, value = ((a + none).transpose(*dims).values[at] for a in (wanted, got, border))
    labels = {c: wanted.labels(c)[k] for c, k in zip(dims, at, strict=True)}
    # the exporter's rate is on the border value before the rent
    before, after = (value - asked, value - given) if side == "exporter" else (value, value)
    reasons = [", ".join(w for w, low in zip(lowers, hit, strict=True) if low)
               for hit in np.array([low[at] for low in lowers.values()]).T.tolist()]  # fmt: skip
    columns = (side, labels.get("o", ALL), labels.get("d", ALL), labels["i"], asked / before, given / after,
               asked - given, reasons)  # fmt: skip
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)), columns=list(COLUMNS))
