"""Closures by name: for each market, what is exogenous.

Every option is a list of swaps and changes no equation. `CLOSURES` names the options of each market, the
default first; `REFUSED` lists the combinations that contradict each other, with the reason; everything else
is admissible. A numeraire is the swap that holds one price and frees the slack of the redundant equation.
After the options come the swaps that a user names cell by cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from cge.controls import Control
from cge.equation import System
from cge.parameters import Parameters
from cge.swaps import Cells, Closure, ClosureError, Swap, apply, cells, shifter

__all__ = [
    "CLOSURES", "REFUSED", "Cells", "Closure", "ClosureChoice", "ClosureError", "FixFree", "Option", "Swap",
    "apply", "cells", "implied_supply_elasticity",
]  # fmt: skip

Rule = Callable[[Parameters, System], tuple[Swap, ...]]


@dataclass(frozen=True)
class Option:
    """One way to close a market: its swaps and what it means."""

    rule: Rule
    meaning: str


def _whole(name: str, parameters: Parameters, system: System) -> Cells:
    if name not in system.quantities:
        raise ClosureError(f"'{name}' does not exist in this formulation, so no closure can use it")
    return Cells(name, np.ones(parameters.sets.shape(system.quantities[name].dims), dtype=bool))


def _of_factor(name: str, factor: str, parameters: Parameters, *, used: bool = False) -> Cells:
    """Cells of one factor in an array over r, f or r, f, j; with `used`, only where it earns income."""
    number = parameters.sets.factors.index(factor)
    mask = np.zeros(parameters.sets.shape("rfj" if used else "rf"), dtype=bool)
    mask[:, number] = parameters.arrays["V0"][:, number] > 0 if used else True
    return Cells(name, mask)


def _none(parameters: Parameters, system: System) -> tuple[Swap, ...]:
    return ()


def _swap(hold: str, free: str, reason: str) -> Rule:
    """Hold one quantity everywhere and free another everywhere."""

    def rule(parameters: Parameters, system: System) -> tuple[Swap, ...]:
        return (Swap(_whole(hold, parameters, system), _whole(free, parameters, system), reason),)

    return rule


def _all(*rules: Rule) -> Rule:
    return lambda parameters, system: tuple(s for rule in rules for s in rule(parameters, system))


def _labour_supply(parameters: Parameters, system: System) -> tuple[Swap, ...]:
    free = _of_factor("endow", "labour", parameters)
    return (Swap(_whole("supply_gap", parameters, system), free, "labour supply follows the real wage"),)


def _specific(factor: str, reason: str) -> Rule:
    """Quantities of the factor held where it is used, its wedges freed; its own price and endowment swap
    too.
    """

    def rule(parameters: Parameters, system: System) -> tuple[Swap, ...]:
        hold, free = (_of_factor(n, factor, parameters, used=True) for n in ("xf", "wedge"))
        price, stock = (_of_factor(n, factor, parameters) for n in ("pf", "endow"))
        return (
            Swap(hold, free, reason),
            Swap(price, stock, f"the {factor} market clears sector by sector"),
        )

    return rule


def _sluggish(parameters: Parameters, system: System) -> tuple[Swap, ...]:
    hold, free = (_of_factor(n, "capital", parameters, used=True) for n in ("mobility_gap", "wedge"))
    return (Swap(hold, free, "capital moves towards better-paying sectors at a finite elasticity"),)


_WORLD_SAVING = "foreign saving sums to zero over the world"
_FIXED_REAL = _all(
    _swap("qg", "ag", "real government consumption is fixed"),
    _swap("private_gap", "ac", "the household divides what the government leaves it in fixed shares"),
    _swap("budget_gap", "lump_sum", "a lump sum balances the government's budget"),
)


def market_structure(parameters: Parameters, system: System) -> tuple[Swap, ...]:
    """Swaps that put firms into the sectors whose parameters ask for them; none where there is no output."""
    arrays = parameters.arrays
    active = arrays["Y0"] > 0
    masks = {
        "entry": active & (arrays["entry"] > 0),
        "market": np.ones_like(active) & (arrays["pareto"] > 0),
        "capacity": active & (arrays["home_entrants"] > 0),
        "marketing": active & (arrays["fixed_abroad"] > 0),
    }
    rules = (
        ("entry", "n", "firms enter until profits are zero"),
        ("market", "market", "firms serve the markets that pay their fixed cost"),
        ("capacity", "hurdle", "no more firms than entrants sell at home"),
        ("marketing", "marketing", "fixed costs of foreign markets are bought there"),
    )
    return tuple(
        Swap(Cells(f"{mask}_gap", masks[mask]), Cells(name, masks[mask]), reason)
        for mask, name, reason in rules
        if masks[mask].any()
    )


CLOSURES: Mapping[str, Mapping[str, Option]] = {
    "labour": {
        "full_employment": Option(_none, "unemployment stays at its benchmark rate; wages clear the market"),
        "wage_curve": Option(
            _swap("wage_gap", "u", "the wage curve is in force and unemployment follows"),
            "log real consumer wage falls by wage elasticity (0.1) x log unemployment; employment follows",
        ),
        "fixed_real_wage": Option(
            _swap("rw", "u", "the real consumer wage is fixed and unemployment follows"),
            "the real consumer wage stays; employment follows demand",
        ),
        "labour_supply": Option(
            _labour_supply, "people offer more work when the real consumer wage rises; unemployment stays"
        ),
    },
    "capital": {
        "mobile": Option(_none, "one return in a region, benchmark differences between sectors kept"),
        "sector_specific": Option(
            _specific("capital", "capital stays in its sector"), "capital stays where it is; returns differ"
        ),
        "sluggish": Option(_sluggish, "capital moves at a finite elasticity (CET that conserves capital)"),
    },
    "natural": {
        "sector_specific": Option(
            _specific("natural", "natural resources stay in their sector"), "resources stay in their sector"
        )
    },
    "government": {
        "fixed_share": Option(_none, "government consumption is a share of national income"),
        "fixed_real": Option(_FIXED_REAL, "government consumption is fixed in volume; see replacement"),
    },
    "replacement": {
        "lump_sum": Option(_none, "households pay the difference: taxes + sum = G + transfers x CPI"),
        "consumption_tax": Option(
            _swap("lump_sum", "tc", "the tax on private consumption balances the government's budget"),
            "the tax on private consumption does: taxes = G + transfers x CPI",
        ),
    },
    "investment": {
        "savings_driven": Option(_none, "investment is national and foreign saving"),
        "fixed_real_investment": Option(
            _swap("qi", "thrift", "real investment is fixed and private consumption makes room"),
            "investment is fixed in volume; private consumption adjusts",
        ),
    },
    "external": {
        "fixed_balance": Option(_none, "foreign saving is fixed in units of the world factor-price index"),
        "fixed_share_of_gdp": Option(
            _all(
                _swap("saving_gap", "real_saving", "foreign saving keeps its share of GDP"),
                _swap("world_saving", "imbalance", _WORLD_SAVING),
            ),
            "foreign saving keeps its share of GDP; `imbalance` is what does not sum to zero",
        ),
        "world_bank": Option(
            _all(
                _swap("return_gap", "real_saving", "saving flows to where investment pays"),
                _swap("world_saving", "world_return", _WORLD_SAVING),
            ),
            "expected returns on capital change alike everywhere; foreign saving follows investment",
        ),
    },
}

Choices = Mapping[str, str]
REFUSED: tuple[tuple[Choices, str], ...] = (
    (
        {"investment": "fixed_real_investment", "external": "world_bank"},
        "the world bank decides each region's investment, so it cannot be fixed as well",
    ),
    (
        {"government": "fixed_share", "replacement": "consumption_tax"},
        "government consumption follows income, so there is no revenue to replace; choose fixed_real",
    ),
)
"""Combinations that contradict each other, and why."""


def refusal(chosen: Choices) -> str:
    """Why a combination of options is refused; empty when it is admissible."""
    for pattern, reason in REFUSED:
        if all(chosen.get(market) == option for market, option in pattern.items()):
            return f"{' with '.join(f'{m} {o}' for m, o in pattern.items())}: {reason}"
    return ""


@dataclass(frozen=True)
class FixFree:
    """One swap in words: ``fix`` becomes exogenous, ``free`` is determined in its place."""

    fix: str
    free: str

    def swap(self, parameters: Parameters, system: System) -> Swap:
        """The cells named; ``productivity[USA]`` means the region's shifter of the whole array."""
        return Swap(
            shifter(self.fix, parameters, system),
            shifter(self.free, parameters, system),
            f"swap of {self.fix} for {self.free}",
        )


@dataclass(frozen=True)
class ClosureChoice:
    """Names of the options by market, the numeraire, and what a user adds; raises ClosureError when wrong.

    ``imbalance_to``: who absorbs the world imbalance under `fixed_share_of_gdp`, one region or "gdp_shares".
    ``supply_elasticity_cap``: largest labour supply elasticity that the wage curve may imply.
    ``minimum_wage``: regions with a floor under the real wage (instrument ``wage_floor``), or "*".
    ``controls``: quotas and tariff-rate quotas. ``swaps``: cells exchanged one for one, after all else.
    """

    labour: str = "full_employment"
    capital: str = "mobile"
    natural: str = "sector_specific"
    government: str = "fixed_share"
    replacement: str = "lump_sum"
    investment: str = "savings_driven"
    external: str = "fixed_balance"
    numeraire: str = "pwf"
    imbalance_to: str = "gdp_shares"
    supply_elasticity_cap: float | None = None
    minimum_wage: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    swaps: tuple[FixFree, ...] = ()

    def __post_init__(self) -> None:
        for market, options in CLOSURES.items():
            if self.options[market] not in options:
                raise ClosureError(f"{market}: '{self.options[market]}' is not one of {', '.join(options)}")
        reason = refusal(self.options) or self._without_effect()
        if reason:
            raise ClosureError(reason)

    @property
    def options(self) -> dict[str, str]:
        """The chosen option of each market."""
        return {market: getattr(self, market) for market in CLOSURES}

    def _without_effect(self) -> str:
        if self.imbalance_to != "gdp_shares" and self.external != "fixed_share_of_gdp":
            return f"imbalance_to: has no effect with external {self.external}; choose fixed_share_of_gdp"
        if self.supply_elasticity_cap is not None and self.labour != "wage_curve":
            return f"supply_elasticity_cap: has no effect with labour {self.labour}; choose wage_curve"
        if self.minimum_wage and self.labour != "full_employment":
            return f"minimum_wage: labour {self.labour} already says how wages are set; use full_employment"
        return ""

    def closure(self, parameters: Parameters, system: System) -> Closure:
        """Free and held cells under these choices."""
        chosen = self.options
        swaps = [s for m, options in CLOSURES.items() for s in options[chosen[m]].rule(parameters, system)]
        swaps += [self._floor(region, parameters, system) for region in self.minimum_wage]
        swaps += [control.swap(parameters, system) for control in self.controls]
        swaps += market_structure(parameters, system)
        swaps.append(self._numeraire(parameters, system))
        swaps += [words.swap(parameters, system) for words in self.swaps]
        return apply(swaps, parameters, system)

    def adjusted(self, parameters: Parameters) -> Parameters:
        """Parameters under these choices: weights of the world imbalance, the capped wage curve."""
        a, regions = parameters.arrays, parameters.sets.regions
        if self.imbalance_to != "gdp_shares":
            if self.imbalance_to not in regions:
                raise ClosureError(f"imbalance_to: '{self.imbalance_to}' is not among {', '.join(regions)}")
            chosen = np.array([r == self.imbalance_to for r in regions])
            parameters = parameters.with_arrays(saving_weight=chosen / a["world_share"])
        if self.supply_elasticity_cap is not None:
            least = a["u0"] / (1 - a["u0"]) / self.supply_elasticity_cap
            parameters = parameters.with_arrays(wage_elasticity=np.maximum(a["wage_elasticity"], least))
        return parameters

    def without_swaps(self) -> ClosureChoice:
        """The same options without the user's own swaps."""
        return replace(self, swaps=())

    @staticmethod
    def _floor(region: str, parameters: Parameters, system: System) -> Swap:
        hold, free = (cells(f"{n}[{region}]", parameters, system) for n in ("floor_gap", "u"))
        return Swap(hold, free, f"minimum wage in {region}: unemployment rises when it binds")

    def _numeraire(self, parameters: Parameters, system: System) -> Swap:
        hold = cells(self.numeraire, parameters, system)
        if hold.count != 1 or system.quantities[hold.name].kind != "variable":
            raise ClosureError(f"numeraire: '{self.numeraire}' must be one cell of a price, such as pc[USA]")
        return Swap(
            hold, Cells("walras", np.array(True)), "numeraire; the slack carries the redundant equation"
        )


def implied_supply_elasticity(parameters: Parameters) -> dict[str, float]:
    """Labour supply elasticity that the wage curve implies at the benchmark, by region: u / (0.1 (1 - u))."""
    a = parameters.arrays
    values = a["u0"] / (1 - a["u0"]) / a["wage_elasticity"]
    return {r: float(v) for r, v in zip(parameters.sets.regions, values, strict=True)}
