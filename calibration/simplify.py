"""Accounts of simpler models from richer ones: one household, one factor, no inputs, one sector.

Each returns balanced accounts with the same trade flows and the same spending on them, so that what a
feature of the model adds can be told from what the data add.
"""

from __future__ import annotations

import xarray as xr

from calibration.accounts import Accounts, absorption, output
from calibration.aggregate import Aggregation, aggregate

ALL = "ALL"
"""Code of the only sector of one-sector accounts."""


def one_household(accounts: Accounts) -> Accounts:
    """Government and investment demand join private consumption, taxed at the mean rate of the three."""
    data = accounts.data
    uses = {u: data[f"{u}0"] for u in "CGI"}
    value = sum(uses[u].sum("i") * (1 + data[f"t{u.lower()}0"]) for u in "CGI")
    together = uses["C"] + uses["G"] + uses["I"]
    none = xr.zeros_like(data["tc0"])
    changed = {"C0": together, "G0": 0 * together, "I0": 0 * together,
               "tc0": value / together.sum("i") - 1, "tg0": none, "ti0": none}  # fmt: skip
    return _changed(accounts, changed, "one household")


def one_factor(accounts: Accounts) -> Accounts:
    """All factor income goes to labour."""
    paid = accounts.data["V0"]
    labour = xr.where(paid["f"] == "labour", paid.sum("f"), 0.0).transpose(*paid.dims)
    return _changed(accounts, {"V0": labour}, "one factor")


def without_inputs(accounts: Accounts) -> Accounts:
    """Every flow is final and all of output is value added of labour: gross flows, no intermediate inputs.

    User taxes and production taxes are left out; tariffs and export taxes stay.
    """
    data = accounts.data
    zero = {n: xr.zeros_like(data[n]) for n in ("Z0", "tz0", "to0", "tc0", "tg0", "ti0", "G0", "I0")}
    product = output(data).rename(i="j")
    labour = xr.where(data["f"] == "labour", product, 0.0).transpose("r", "f", "j")
    return _changed(accounts, {**zero, "V0": labour, "C0": absorption(data)}, "without inputs")


def one_sector(accounts: Accounts) -> Accounts:
    """All sectors added into one."""
    regions = {r: r for r in accounts.regions}
    sectors = dict.fromkeys(accounts.sectors, ALL)
    added = aggregate(accounts, Aggregation("one sector", regions, sectors))
    # regions stay, and so do their unemployment rates, whether or not the accounts count jobs
    return Accounts(added.data.assign(u0=accounts.data["u0"]), added.meta)


def _changed(accounts: Accounts, changes: dict[str, xr.DataArray], note: str) -> Accounts:
    data = accounts.data.assign({n: v.transpose(*accounts.data[n].dims) for n, v in changes.items()})
    result = Accounts(data, {**accounts.meta, "simplified": note})
    result.check()
    return result
