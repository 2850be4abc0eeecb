"""A second opinion on a solved case: the same economics by other ways must give the same numbers.

Both solutions, baseline and policy, are solved again: from another starting point; as all equations at once
through Pyomo where the size permits; with another numeraire; with another income equation dropped; after
permuting the labels of regions and sectors and calibrating anew; and with the numeraire doubled. Each check
compares every variable and reports its largest difference. What these checks cannot see is an equation
that is wrong in the same way everywhere: tests against published models and an independent oracle can.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from rich import box
from rich.table import Table

from cge.app import api
from cge.closure import Cells, Closure, Swap, apply, cells
from cge.dimensions import LETTERS
from cge.equation import TEARS
from cge.full_space import RouteError
from cge.model import Model, SolveError
from cge.parameters import Parameters
from cge.solution import Solution

if TYPE_CHECKING:
    from results.compare import Comparison

LIMIT = 1e-8
"""Largest accepted difference of any variable, relative where it exceeds 1."""
FULL_SPACE = 5_000
"""Equations up to which the full space is solved as well: seconds, not minutes."""
JITTER = 0.1
"""Standard deviation of the log of the starting point around the benchmark."""
NOMINAL = (
    "py", "pa", "pmm", "pva", "pc", "pg", "pi", "pwf", "N", "S", "gdp", "factor_income", "rev_tm", "rev_te",
    "rev_tz", "rev_tf", "rev_user", "rev_output", "rent_x", "rent_m", "saving_gap", "imbalance",
    "world_saving", "taxes", "budget_gap",
)  # fmt: skip
"""Prices and values, which the numeraire scales; factor prices are compared where the factor is used."""
REAL = (
    "y", "qa", "qc", "qg", "qi", "qva", "qz", "rw", "u", "wage_gap", "uc", "c_volume", "export_volume",
    "import_volume", "real_gdp", "sales", "private_gap", "supply_gap", "kend", "net_return", "return_gap",
    "entry_gap", "market_gap",
)  # fmt: skip
Pair = tuple[Solution, Solution]


class VerificationError(RuntimeError):
    """A second opinion differs from the solution; the message lists every check."""


@dataclass(frozen=True)
class Check:
    """One check: the largest difference found, where, and whether it is small enough; "" in ``where`` if
    none.
    """

    name: str
    largest: float
    where: str
    seconds: float
    note: str = ""
    limit: float = LIMIT

    @property
    def passed(self) -> bool:
        """A difference that is not a number is a failure."""
        return bool(self.largest <= self.limit)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a manifest."""
        return {**asdict(self), "passed": self.passed}


def verify(
    case: api.Case, base: Solution, new: Solution, *, progress: Callable[[str], None] = lambda message: None
) -> tuple[Check, ...]:
    """All checks of the two solutions of a case; a check that finds no solution counts as failed."""
    done = []
    for name, attempt in _ways(case):
        progress(f"second opinion: {name}")
        began = time.perf_counter()
        try:
            model, pair, nominal = attempt()
            scale = None if nominal else 1.0
            found = [_difference(model, *both, scale) for both in zip((base, new), pair, strict=True)]
            (largest, where), which = max((f, w) for f, w in zip(found, ("baseline", "policy"), strict=True))
            note = _uncompared(model) if nominal else ""
            done.append(Check(name, largest, f"{which}: {where}", time.perf_counter() - began, note))
        except (SolveError, RouteError) as error:
            reason = str(error).partition("\n")[0]
            done.append(Check(name, float("inf"), reason, time.perf_counter() - began))
    return tuple(done)


Attempt = Callable[[], tuple[Model, Pair, bool]]


def _ways(case: api.Case) -> Iterator[tuple[str, Attempt]]:
    """Name and procedure of each check; a procedure returns its model, two solutions, and whether prices may
    differ by a common factor.
    """
    model = case.model
    yield "another starting point", lambda: (model, _solved(case, model, start=_jittered(model)), False)
    count = sum(int(np.prod(model.parameters.sets.shape(model.system.quantities[e.determines].dims)))
                for e in model.system.equations)  # fmt: skip
    if count <= FULL_SPACE:
        yield "full space, through Pyomo", lambda: (model, _solved(case, model, space="full"), False)
    numeraire = _other_numeraire(model)
    yield f"numeraire {numeraire}", lambda: _with_numeraire(case, numeraire)
    drop = model.parameters.sets.regions[int(np.argmin(model.parameters.arrays["drop"]))]
    yield f"income equation of {drop} dropped", lambda: _with_dropped(case, drop)
    yield "labels permuted, calibrated anew", lambda: _with_permuted_labels(case)
    yield "numeraire doubled", lambda: (model, _solved(case, model, more=_doubled(model)), True)


def _solved(case: api.Case, model: Model, *, more: Mapping[str, Any] | None = None, **options: Any) -> Pair:
    base, new = (
        model.solve({**settings, **(more or {})}, **options) for settings in (case.baseline, case.policy)
    )
    return base, new


def _jittered(model: Model) -> Solution:
    """The benchmark with every unknown, goods price and output moved at random: a start, not a solution."""
    rng, start = np.random.default_rng(20), model.benchmark()
    values = start.values.copy()
    for name in sorted({*model.reduced.unknowns, *TEARS.values()}):
        moved = values[name] * np.exp(JITTER * rng.standard_normal(values[name].shape))
        values[name] = moved.where(model.closure.free[name], values[name])
    return replace(start, values=values)


def _numeraire_swap(model: Model) -> Swap:
    return next(s for s in model.closure.swaps if s.free.name == "walras")


def _other_numeraire(model: Model) -> str:
    """The world factor-price index, or the consumer prices of the largest economy where that is in use."""
    largest = model.parameters.sets.regions[int(np.argmax(model.parameters.arrays["gdp0"]))]
    return f"pc[{largest}]" if _numeraire_swap(model).hold.name == "pwf" else "pwf"


def _with_numeraire(case: api.Case, numeraire: str) -> tuple[Model, Pair, bool]:
    model = case.model
    old = _numeraire_swap(model)
    new = replace(old, hold=cells(numeraire, model.parameters, model.system))
    swaps = [new if s is old else s for s in model.closure.swaps]
    other = Model(model.parameters, model.formulation, apply(swaps, model.parameters, model.system))
    return other, _solved(case, other), True


def _with_dropped(case: api.Case, region: str) -> tuple[Model, Pair, bool]:
    model = case.model
    drop = np.array([float(r == region) for r in model.parameters.sets.regions])
    other = Model(model.parameters.with_arrays(drop=drop), model.formulation, model.closure)
    return other, _solved(case, other), False


def _with_permuted_labels(case: api.Case) -> tuple[Model, Pair, bool]:
    rng, data, sets = np.random.default_rng(21), case.accounts.data, case.model.parameters.sets
    regions = rng.permutation(np.array(sets.regions)).tolist()
    sectors = rng.permutation(np.array(sets.sectors)).tolist()
    order = {"r": regions, "o": regions, "d": regions, "i": sectors, "j": sectors}
    accounts = replace(case.accounts, data=data.sel({d: x for d, x in order.items() if d in data.dims}))
    parameters, formulation = api.parameters_of(
        case.scenario, accounts, case.elasticities, case.regional, case.firms
    )
    closure = _relabelled(case.model, parameters)
    other = Model(parameters, formulation, closure)
    return other, _solved(case, other), False


def _relabelled(model: Model, parameters: Parameters) -> Closure:
    """The closure of a model for the same labels in another order."""
    old, new = model.parameters.sets, parameters.sets

    def moved(chosen: Cells) -> Cells:
        dims = model.system.quantities[chosen.name].dims
        index = [[old.labels(c).index(label) for label in new.labels(c)] for c in dims]
        return Cells(chosen.name, chosen.mask[np.ix_(*index)] if dims else chosen.mask)

    swaps = [replace(s, hold=moved(s.hold), free=moved(s.free)) for s in model.closure.swaps]
    return apply(swaps, parameters, model.system)


def _doubled(model: Model) -> dict[str, np.ndarray]:
    held = _numeraire_swap(model).hold
    level = np.asarray(model.benchmark_levels[held.name])
    return {held.name: np.where(held.mask, 2 * level, level)}


def _difference(model: Model, known: Solution, other: Solution, scale: float | None) -> tuple[float, str]:
    """Largest difference and its cell; without a `scale`, prices are compared up to that of ``pwf``."""
    labels = {c: known.values[c].values for c in LETTERS}
    theirs = other.values.sel(labels)
    if scale is None:
        factor = float(theirs.pwf / known.values.pwf)
        degree = {**dict.fromkeys(NOMINAL, factor), **dict.fromkeys(REAL, 1.0)}
        names = [n for n in degree if n in known.values]
    else:
        factor, degree = 1.0, {}
        names = [*model.system.names("variable"), *sorted(model.closure.free_instruments(model.system))]
    pairs = {n: (known.values[n], theirs[n] / degree.get(n, 1.0)) for n in names}
    used = known.benchmark.V0.sel({c: labels[c] for c in "rfj"}) > 0
    ours = known.values
    pairs["xf"] = ours.xf.where(used, 0.0), theirs.xf.where(used, 0.0)
    price = ours.pf * ours.wedge, theirs.pf * theirs.wedge / factor
    pairs["factor price"] = price[0].where(used, 0.0), price[1].where(used, 0.0)
    return max((_gap(n, *pair) for n, pair in pairs.items()), key=lambda found: found[0])


def _gap(name: str, ours: xr.DataArray, theirs: xr.DataArray) -> tuple[float, str]:
    """Largest difference of one quantity and the name of its cell."""
    a, b = ours.to_numpy(), theirs.transpose(*ours.dims).to_numpy()
    gap = np.abs(b - a) / np.maximum(1.0, np.abs(a))
    flat = np.where(np.isfinite(gap), gap, np.inf)
    cell = np.unravel_index(int(np.argmax(flat)), flat.shape)
    labels = [str(ours[d].values[k]) for d, k in zip(ours.dims, cell, strict=True)]
    return float(flat[cell]), f"{name}[{','.join(labels)}]" if labels else name


def _uncompared(model: Model) -> str:
    """Variables of other blocks, of which this module does not know whether the numeraire scales them."""
    rest = set(model.system.names("variable")) - {*NOMINAL, *REAL, "xf", "pf"}
    return f"not compared: {', '.join(sorted(rest))}" if rest else ""


def attach(comparison: Comparison, checks: Sequence[Check]) -> Comparison:
    """The comparison with the checks in its manifest. Raises VerificationError when one failed."""
    listed = [c.to_dict() for c in checks]
    if not all(c.passed for c in checks):
        lines = [
            f"  {'ok' if c.passed else 'NO':2}  {c.name}: largest difference {c.largest:.1e}, {c.where}"
            for c in checks
        ]
        raise VerificationError("\n".join(["a second opinion differs; nothing is reported:", *lines]))
    manifest = {**comparison.manifest, "verification": listed}
    return replace(comparison, manifest=MappingProxyType(manifest))


def render(checks: Sequence[Mapping[str, Any]]) -> Table:
    """The checks of a manifest on a terminal of 80 columns."""
    table = Table(title="Second opinion", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("solved again with", overflow="fold")
    table.add_column("largest difference", justify="right", no_wrap=True)
    table.add_column("at", overflow="fold")
    table.add_column("ok")
    for c in checks:
        name = f"{c['name']} ({c['note']})" if c["note"] else c["name"]
        where = str(c["where"]).replace("[", "\\[")
        table.add_row(name.replace("[", "\\["), f"{c['largest']:.1e}", where, "yes" if c["passed"] else "NO")
    return table
