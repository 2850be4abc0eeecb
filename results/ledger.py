r"""Trade creation and diversion, exact, at benchmark border prices.

With M the imports of (d, i) from o, T their total over foreign origins and s = M/T the origin's share,

.. math:: M^n_o - M^b_o = \underbrace{s^n_o (T^n - T^b)}_{creation} + \underbrace{T^b (s^n_o -
s^b_o)}_{diversion}

Creation adds up over origins to the change in total imports, diversion to zero, both together to the
change of each flow. Imports are quantities shipped times benchmark border price (f.o.b. with export tax and
exporters' rent); trade inside an aggregated region is not among them.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.levels import external, safe_ratio, same_world
from results.tidy import rows

UNIT = "USD million at benchmark border prices"


@dataclass(frozen=True)
class Ledger:
    """``data``: ``base new creation diversion`` (o, d, i), USD million at benchmark border prices."""

    data: xr.Dataset

    def table(self) -> pd.DataFrame:
        """Tidy rows: region = importer, partner = exporter; flows that are zero in both solutions left out.

        The counterfactual of ``trade_creation`` is what imports would be had only creation happened; the same
        for ``trade_diversion``.
        """
        d = self.data
        parts = {
            "imports": d.new,
            "trade_creation": d.base + d.creation,
            "trade_diversion": d.base + d.diversion,
        }
        out = pd.concat(
            [rows(name, UNIT, d.base, n, ("d", "i", "o")) for name, n in parts.items()], ignore_index=True
        )
        exact = {"trade_creation": d.creation, "trade_diversion": d.diversion}
        for name, a in exact.items():  # the difference of two sums loses digits that the parts have
            out.loc[out.indicator == name, "change"] = a.transpose("d", "i", "o").values.ravel()
        traded = (out.baseline != 0) | (out.counterfactual != 0)
        return out.loc[traded.to_numpy()].reset_index(drop=True)

    def by_partner(self, region: str, side: str = "importer") -> pd.DataFrame:
        """``base new creation diversion`` of one region by partner, summed over sectors, largest change
        first.

        ``side``: "importer" (its purchases by supplier) or "exporter" (its sales by market).
        """
        own = "d" if side == "importer" else "o"
        sums = self.data.sel({own: region}, drop=True).sum("i").to_dataframe()
        sums = sums.drop(index=region, errors="ignore").rename_axis("partner")
        order = (sums.new - sums.base).abs().sort_values(ascending=False, kind="stable").index
        return sums.loc[order]


def ledger(base: Solution, new: Solution) -> Ledger:
    """Creation and diversion of every flow between ``base`` and ``new``."""
    base, new = same_world(base, new)
    bench = base.benchmark
    with xr.set_options(arithmetic_join="exact"):
        price = external(bench.X0 * (1 + bench.te0) * (1 + bench.rx0))
        b, n = price * base.values.x, price * new.values.x
        total_b, total_n = b.sum("o"), n.sum("o")
        share_b, share_n = safe_ratio(b, total_b, 0.0), safe_ratio(n, total_n, 0.0)
        data = {
            "base": b,
            "new": n,
            "creation": share_n * (total_n - total_b),
            "diversion": total_b * (share_n - share_b),
        }
    return Ledger(xr.Dataset({k: a.transpose("o", "d", "i") for k, a in data.items()}))
