r"""Independent oracle: the static model solved a second time, from the economics alone.

Nothing here reads the package ``cge``; agreement of the two is evidence, not tautology. Exact-hat form: every
price and quantity is an index relative to the benchmark, weights are benchmark values (USD million).

Economics (the defaults of the design):

* Production: Leontief in value added and intermediates; value added CES (``sigma_va``); labour and capital
  move freely between the sectors of a region at fixed benchmark wedges; natural resources stay in theirs.
  Zero profit: ``Y0 (1-to0) py = sum_i Z0 (1+tz0) pa + VA0 pva`` (tax rates of users and producers unchanged).
* Trade: two-level Armington. Landed price ``pm = py (1+te) k (1+tm) / ((1+te0)(1+tm0))``; CES over origins
  (``sigma_m``), then over own-country and imported (``sigma_d``). ``x = k`` times what is demanded: iceberg
  losses are shipped, taxed and paid for, and do not arrive. One level: ``sigma_d = sigma_m``.
* Demand: national income ``N`` (factor income and every tax) is shared between C, G and saving in benchmark
  proportions; C is Cobb-Douglas; G and I are bundles of fixed quantity shares; ``I = saving + S``.
* Closure: full employment; ``S = S0 pwf``; numeraire ``pwf = sum V0 pf / sum V0 = 1``.

Cells without any benchmark value (an empty activity, flow or absorption) have weight zero and keep index 1 or
follow the formula; compare them with another solver only after weighting by the benchmark value.

Method: given the factor prices, goods prices are the fixed point of the zero-profit equations, and outputs
and incomes solve one linear system (income is counted at factor *supplies*, so the system is regular). What
remains is excess demand in the factor markets, solved by a damped Newton method on log factor prices with a
finite-difference Jacobian. One market is dropped for the numeraire; its excess demand is ``walras``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

Array = np.ndarray
FACTORS = ("labour", "capital", "natural")


@dataclass(frozen=True)
class OracleSolution:
    """Result of :func:`solve`.

    ``values``: indices and levels under the names of the interface (``py``, ``y``, ``x``, ``N``, ...);
    ``residual``: largest absolute log excess demand of the factor markets; ``walras``: the dropped market's.
    """

    values: xr.Dataset
    residual: float
    walras: float
    iterations: int


def _ratio(a: Array, b: Array, empty: float = 0.0) -> Array:
    """``a / b`` with ``empty`` where ``b`` is zero."""
    return np.divide(a, b, out=np.full(np.broadcast(a, b).shape, empty), where=b != 0)


def _ces(share: Array, price: Array, sigma: Array, axis: int) -> Array:
    """CES price index; 1 where the nest is empty (all shares zero)."""
    s = np.expand_dims(np.broadcast_to(sigma, np.delete(np.array(price.shape), axis)), axis)
    inner = (share * price ** (1 - s)).sum(axis)
    return np.where(share.sum(axis) > 0, np.where(inner > 0, inner, 1.0) ** (1 / (1 - s.squeeze(axis))), 1.0)


class _World:
    """Benchmark arrays in a fixed axis order and the shocked instruments."""

    H0: Array
    X0: Array
    te0: Array
    tm0: Array
    Z0: Array
    C0: Array
    G0: Array
    I0: Array
    tz0: Array
    tc0: Array
    tg0: Array
    ti0: Array
    to0: Array

    def __init__(self, data: xr.Dataset, sm: Array, sd: Array, sva: Array, tm, te, k, endow) -> None:
        for name, s in (("sigma_m", sm), ("sigma_d", sd), ("sigma_va", sva)):
            if np.any(np.abs(np.asarray(s) - 1) < 1e-3) or np.any(np.asarray(s) <= 0):
                raise ValueError(f"oracle: {name} must be positive and away from 1")
        order = {
            "H0": "ri", "X0": "odi", "te0": "odi", "tm0": "odi", "Z0": "rij", "C0": "ri", "G0": "ri",
            "I0": "ri", "tz0": "rj", "tc0": "r", "tg0": "r", "ti0": "r", "to0": "rj",
        }  # fmt: skip
        for name, dims in order.items():
            setattr(self, name, data[name].transpose(*dims).values.astype(float))
        self.V0: Array = data["V0"].transpose("r", "f", "j").sel(f=list(FACTORS)).values.astype(float)
        self.sm, self.sd, self.sva = (np.asarray(s, float) for s in (sm, sd, sva))
        self.tm = self.tm0 if tm is None else tm
        self.te = self.te0 if te is None else te
        self.k = np.ones_like(self.X0) if k is None else k
        self.Y0 = self.H0 + self.X0.sum(1)
        self.M0 = self.X0 * (1 + self.te0) * (1 + self.tm0)
        self.A0 = self.H0 + self.M0.sum(0)
        self.S0 = (self.X0 * (1 + self.te0)).sum((0, 2)) - (self.X0 * (1 + self.te0)).sum((1, 2))
        self.ec0, self.eg0, self.ei0 = (
            f.sum(1) * (1 + t) for f, t in ((self.C0, self.tc0), (self.G0, self.tg0), (self.I0, self.ti0))
        )
        self.endow = np.ones(self.V0.shape[:2]) if endow is None else endow
        self.supply = self.V0 * self.endow[:, :, None]  # only the sum over j matters for labour and capital
        self.N0 = self.ec0 + self.eg0 + self.ei0 - self.S0
        self._check()

    def _check(self) -> None:
        absorbed = self.Z0.sum(2) + self.C0 + self.G0 + self.I0
        cost = (self.Z0 * (1 + self.tz0[:, None, :])).sum(1) + self.V0.sum(1)
        taxes = (
            (self.tm0 * self.X0 * (1 + self.te0)).sum((0, 2)) + (self.te0 * self.X0).sum((1, 2))
            + (self.to0 * self.Y0).sum(1) + (self.tz0 * self.Z0.sum(1)).sum(1)
            + self.tc0 * self.C0.sum(1) + self.tg0 * self.G0.sum(1) + self.ti0 * self.I0.sum(1)
        )  # fmt: skip
        gaps = {
            "absorption": np.abs(absorbed - self.A0).max() / self.A0.max(),
            "zero profit": np.abs(cost - self.Y0 * (1 - self.to0)).max() / self.Y0.max(),
            "income": np.abs(self.V0.sum((1, 2)) + taxes - self.N0).max() / self.N0.max(),
        }
        if max(gaps.values()) > 1e-8:
            raise ValueError(f"oracle: the accounts do not balance: {gaps}")

    # ---- prices, given factor prices paid pf[r,f,j] -------------------------------------------------
    def prices(self, pf: Array, start: Array | None) -> tuple[Array, ...]:
        va = self.V0.sum(1)
        pva = _ces(_ratio(self.V0, va[:, None, :]), pf, self.sva, 1)
        revenue = self.Y0 * (1 - self.to0)
        zshare = _ratio(self.Z0 * (1 + self.tz0[:, None, :]), revenue[:, None, :])
        own = np.where(revenue != 0, _ratio(va, revenue) * pva, 1.0)
        wedge = (1 + self.te) * (1 + self.tm) * self.k / ((1 + self.te0) * (1 + self.tm0))
        mshare = _ratio(self.M0, self.M0.sum(0)[None])
        home = _ratio(self.H0, self.A0)
        py = np.ones_like(self.Y0) if start is None else start
        change = 1.0
        for _ in range(5000):
            pm = py[:, None, :] * wedge
            pmm = _ces(mshare, pm, self.sm, 0)
            nest = np.stack([home, np.where(self.A0 > 0, 1 - home, 0.0)])
            pa = _ces(nest, np.stack([py, pmm]), self.sd, 0)
            new = own + np.einsum("rij,ri->rj", zshare, pa)
            last, change = change, float(np.abs(new / py - 1).max())
            py = new
            if change < 1e-15 or (change < 3e-14 and change >= last):
                return pva, py, pm, pmm, pa
        raise RuntimeError(f"oracle: the price sweep did not converge (last change {change:.1e})")

    # ---- outputs and incomes, given prices: linear ---------------------------------------------------
    def quantities(self, pf: Array, price: tuple[Array, ...]) -> dict[str, Array]:
        _, py, pm, pmm, pa = price
        R, J = self.Y0.shape
        eye = np.eye(R)
        xh = (pa / py) ** self.sd  # sales per unit of absorption index
        x = self.k * ((pa / pmm) ** self.sd)[None] * (pmm[None] / pm) ** self.sm
        pg, pi = (_ratio((f * pa).sum(1), f.sum(1), 1.0) for f in (self.G0, self.I0))
        pwf = (self.V0 * pf).sum() / self.V0.sum()
        S = self.S0 * pwf
        shares = self.ec0 / self.N0, self.eg0 / self.N0, (self.ei0 - self.S0) / self.N0
        # use[r,i] in benchmark money = Z0 y + perN N + fixed
        unit_c = _ratio(self.C0, self.ec0[:, None]) / pa
        unit_g = _ratio(self.G0, (self.eg0 * pg)[:, None])
        unit_i = _ratio(self.I0, (self.ei0 * pi)[:, None])
        per_n = shares[0][:, None] * unit_c + shares[1][:, None] * unit_g + shares[2][:, None] * unit_i
        fixed = unit_i * S[:, None]
        inv_a = _ratio(np.ones_like(self.A0), self.A0)
        qa_y = np.einsum("rs,rij,ri->risj", eye, self.Z0, inv_a).reshape(R * J, R * J)
        qa_n = np.einsum("rs,ri,ri->ris", eye, per_n, inv_a).reshape(R * J, R)
        qa_0 = (fixed * inv_a).reshape(R * J)
        # Y0 y = sales(qa)
        ship = self.X0 * x
        sales = np.einsum("od,ij,oi->oidj", eye, np.eye(J), self.H0 * xh)
        sales = (sales + np.einsum("odi,ij->oidj", ship, np.eye(J))).reshape(R * J, R * J)
        # income: factor supplies, then taxes on trade (linear in qa), on output and users (y), on N
        border = ship * py[:, None, :] * (1 + self.te)
        tax_qa = np.einsum("rd,odi,odi->rdi", eye, border, self.tm).reshape(R, R * J)
        tax_qa = tax_qa + (ship * py[:, None, :] * self.te).reshape(R, R * J)
        tax_y = self.to0 * self.Y0 * py + self.tz0 * np.einsum("rij,ri->rj", self.Z0, pa)
        tax_y = np.einsum("rs,rj->rsj", eye, tax_y).reshape(R, R * J)
        rate_c, rate_g, rate_i = (t / (1 + t) for t in (self.tc0, self.tg0, self.ti0))
        tax_n = np.diag(shares[0] * rate_c + shares[1] * rate_g + shares[2] * rate_i)
        income = (self.supply * pf).sum((1, 2)) + rate_i * S
        output = self.Y0.reshape(-1)
        empty = np.diag((output == 0).astype(float))
        lhs = np.block([
            [np.diag(output) + empty - sales @ qa_y, -sales @ qa_n],
            [-(tax_y + tax_qa @ qa_y), np.eye(R) - tax_n - tax_qa @ qa_n],
        ])  # fmt: skip
        rhs = np.concatenate([sales @ qa_0 + np.diag(empty), income + tax_qa @ qa_0])
        solved = np.linalg.solve(lhs, rhs)
        y, N = solved[: R * J], solved[R * J :]
        qa = (qa_y @ y + qa_n @ N + qa_0).reshape(R, J)
        qa = np.where(self.A0 > 0, qa, 1.0)
        return {"y": y.reshape(R, J), "N": N, "qa": qa, "xh": xh * qa, "x": x * qa[None],
                "S": S, "pg": pg, "pi": pi, "pwf": np.array(pwf)}  # fmt: skip


def _paid(world: _World, logs: Array, natural: Array) -> Array:
    """Factor prices paid (r, f, j): two mobile factors per region, then the active natural cells."""
    R, _, J = world.V0.shape
    pf = np.ones_like(world.V0)
    pf[:, :2, :] = np.exp(logs[: 2 * R]).reshape(R, 2)[:, :, None]
    rent = np.ones(R * J)
    rent[natural] = np.exp(logs[2 * R :])
    pf[:, 2, :] = rent.reshape(R, J)
    return pf


def _excess(world: _World, logs: Array, natural: Array, start: Array | None):
    """Log excess demand of every factor market; prices and quantities at these factor prices."""
    pf = _paid(world, logs, natural)
    price = world.prices(pf, start)
    q = world.quantities(pf, price)
    xf = q["y"][:, None, :] * (price[0][:, None, :] / pf) ** world.sva
    used = world.V0 * xf
    mobile = np.log(used[:, :2].sum(2) / world.supply[:, :2].sum(2)).reshape(-1)
    specific = np.log(xf[:, 2].reshape(-1)[natural] / np.repeat(world.endow[:, 2], xf.shape[2])[natural])
    return np.concatenate([mobile, specific]), pf, price, q, xf


def _solve(world: _World, tol: float, max_iter: int):
    R = world.V0.shape[0]
    natural = np.flatnonzero(world.V0[:, 2, :].reshape(-1) > 0)
    n = 2 * R + natural.size
    weights = np.concatenate([world.V0[:, :2].sum(2).reshape(-1), world.V0[:, 2].reshape(-1)[natural]])

    def residual(logs: Array, start: Array | None):
        state = _excess(world, logs, natural, start)
        f = state[0].copy()
        f[0] = np.log((weights * np.exp(logs)).sum() / weights.sum())  # the numeraire replaces one market
        return f, state

    logs = np.zeros(n)
    f, state = residual(logs, None)
    jac = None
    for iteration in range(max_iter):
        size = float(np.abs(f).max())
        if size < tol:
            return state, size, iteration
        if jac is None or size > 1e-4:  # below that the old Jacobian converges in two or three steps
            jac = np.empty((n, n))
            for col in range(n):
                h = np.zeros(n)
                h[col] = 1e-5
                up, down = residual(logs + h, state[2][1])[0], residual(logs - h, state[2][1])[0]
                jac[:, col] = (up - down) / 2e-5
        step = np.linalg.solve(jac, -f)
        for damping in (1.0, 0.5, 0.25, 0.1, 0.03):
            try:
                trial, trial_state = residual(logs + damping * step, None)
            except RuntimeError:
                continue
            if np.all(np.isfinite(trial)) and np.abs(trial).max() < size:
                break
        else:
            raise RuntimeError(f"oracle: no Newton step reduces the residual {size:.1e}")
        logs, f, state = logs + damping * step, trial, trial_state
    raise RuntimeError(f"oracle: {max_iter} iterations left a residual of {np.abs(f).max():.1e}")


def _array(new, data: xr.Dataset) -> Array | None:
    """A shocked instrument (DataArray over o, d, i in any order, or array in the order of X0) as an array."""
    if new is None:
        return None
    base = data["X0"].transpose("o", "d", "i")
    if isinstance(new, xr.DataArray):
        new = new.transpose("o", "d", "i").sel(o=base.o, d=base.d, i=base.i).values
    return np.broadcast_to(np.asarray(new, float), base.shape)


def solve(
    data: xr.Dataset,
    sigma_m: Array,
    sigma_d: Array,
    sigma_va: Array,
    *,
    tm: xr.DataArray | Array | None = None,
    te: xr.DataArray | Array | None = None,
    k: xr.DataArray | Array | None = None,
    endow: Array | None = None,
    tol: float = 1e-12,
    max_iter: int = 60,
) -> OracleSolution:
    """Counterfactual equilibrium for new tariffs, export taxes and iceberg factors.

    ``data``: ``Accounts.data``. ``sigma_m``, ``sigma_d`` (i), ``sigma_va`` (j): arrays in the order of
    ``data.i`` and ``data.j``. ``tm``, ``te``, ``k`` (o, d, i): rates as shares, factor (None = benchmark).
    ``endow`` (r, f): endowment indices, factors in the order labour, capital, natural. Raises ValueError on
    unbalanced accounts, RuntimeError when Newton fails.
    """
    world = _World(
        data, sigma_m, sigma_d, sigma_va, _array(tm, data), _array(te, data), _array(k, data), endow
    )
    state, size, iterations = _solve(world, tol, max_iter)
    return OracleSolution(_values(data, world, state), size, float(state[0][0]), iterations)


def _values(data: xr.Dataset, world: _World, state) -> xr.Dataset:
    """The names of the interface; revenues and balances as shares of benchmark GDP."""
    _, pf, (pva, py, pm, pmm, pa), q, xf = state
    gdp0 = world.N0
    x, N, S = q["x"], q["N"], q["S"]
    share_c = _ratio(world.C0, world.C0.sum(1)[:, None])
    pc = np.exp((share_c * np.log(pa)).sum(1))
    qc = N / world.N0 / pc
    qg = N / world.N0 / q["pg"]
    qi = _ratio((world.ei0 - world.S0) / world.N0 * N + S, world.ei0 * q["pi"], 1.0)
    fob = world.X0 * py[:, None, :] * (1 + world.te) * x
    spend = world.tc0 / (1 + world.tc0) * world.ec0 * qc * pc
    spend = spend + world.tg0 / (1 + world.tg0) * world.eg0 * qg * q["pg"]
    spend = spend + world.ti0 / (1 + world.ti0) * world.ei0 * qi * q["pi"]
    z_tax = (world.tz0 * np.einsum("rij,ri->rj", world.Z0, pa) * q["y"]).sum(1)
    mean = _ratio((world.V0 * pf).sum(2), world.V0.sum(2), 1.0)
    ones = np.ones_like(gdp0)
    unemployed = data["u0"].values if "u0" in data else 0 * ones
    named = {
        "pva": ("rj", pva), "py": ("ri", py), "pmm": ("ri", pmm), "pa": ("ri", pa), "pm": ("odi", pm),
        "pb": ("odi", py[:, None, :] * (1 + world.te) / (1 + world.te0)),
        "pc": ("r", pc), "pg": ("r", q["pg"]), "pi": ("r", q["pi"]), "pwf": ("", q["pwf"]),
        "pf": ("rf", mean), "wedge": ("rfj", pf / mean[:, :, None]),
        "y": ("ri", q["y"]), "qa": ("ri", q["qa"]), "qc": ("r", qc), "qg": ("r", qg), "qi": ("r", qi),
        "xf": ("rfj", xf), "x": ("odi", x), "xh": ("ri", q["xh"]),
        "c": ("ri", (qc * pc)[:, None] / pa), "g": ("ri", qg[:, None] * np.ones_like(pa)),
        "inv": ("ri", qi[:, None] * np.ones_like(pa)),
        "zq": ("rij", q["y"][:, None, :] * np.ones_like(world.Z0)),
        "N": ("r", N / gdp0), "S": ("r", S / gdp0),
        "rev_tm": ("ri", (fob * world.tm).sum(0) / gdp0[:, None]),
        "rev_te": ("ri", (world.X0 * py[:, None, :] * world.te * x).sum(1) / gdp0[:, None]),
        "rev_user": ("r", (spend + z_tax) / gdp0),
        "rev_output": ("r", (world.to0 * world.Y0 * py * q["y"]).sum(1) / gdp0), "rent": ("r", 0 * ones),
        "u": ("r", unemployed), "u0": ("r", unemployed), "endow": ("rf", world.endow), "gdp0": ("r", gdp0),
        "tm": ("odi", world.tm), "te": ("odi", world.te), "k": ("odi", world.k), "rx": ("odi", 0 * world.tm),
        "rm": ("odi", 0 * world.tm), "to": ("rj", world.to0), "tz": ("rj", world.tz0), "tc": ("r", world.tc0),
        "tg": ("r", world.tg0), "ti": ("r", world.ti0),
        "sigma_m": ("i", world.sm), "sigma_d": ("i", world.sd), "sigma_va": ("j", world.sva),
    }  # fmt: skip
    coords = {d: data[d].values for d in "rodij"} | {"f": list(FACTORS)}
    return xr.Dataset({n: (tuple(dims), np.asarray(a)) for n, (dims, a) in named.items()}, coords=coords)
