"""How what a case hands to its model moves with a target: differences of preparing it; nothing is solved.

Preparing a case (elasticities of sectors, rents in the accounts, rates of the policy on the model's cells) is
cheap and has no iteration to wait for, so small differences of it are exact to about ten digits. What the
solutions do with it comes from the adjoint (`cge.adjoint`), without any difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr

from calibration.accounts import AccountsError
from calibration.elasticities import ElasticityError
from calibration.rents import RentsError
from cge.adjoint import Gradients, held_levels
from cge.app.case import Case
from cge.app.closing import policy_changes
from cge.closure import ClosureError
from cge.designs.distributions import Distribution
from cge.model import Model
from cge.parameters import ParameterError
from cge.solution import Solution
from cge.swaps import shifter
from scenarios.problems import Problem, ScenarioError
from scenarios.schema import Scenario

STEP = 1e-5
"""Of a target, relative to its size, or as it is where that is below 1."""
KINK = 1e-3
"""Slopes to the left and to the right that differ by more than this share are two slopes."""
AROUND = 0.05
"""Half width of the neighbourhood that `Mover.wide` looks at where a target has no range, relative to it."""
REFUSALS = (
    ScenarioError, ElasticityError, ParameterError, ClosureError, RentsError, AccountsError
)  # fmt: skip
"""What preparing a case raises where a value is out of range."""

CaseAt = Callable[[Mapping[str, float]], Case]
"""From changes by target to the case."""
Arrays = Mapping[str, np.ndarray]


class StructureError(ValueError):
    """A target changes what is held or which cells there are: no derivative, but another model."""


@dataclass(frozen=True)
class Handed:
    """What a case hands to its two solves, or how fast it moves: parameters, levels of what is held in the
    baseline and under the policy, and benchmark accounts, each by name.
    """

    parameters: Arrays
    base: Arrays
    new: Arrays
    accounts: Arrays

    @classmethod
    def of(cls, case: Case, base: Solution) -> Handed:
        """Of a case; levels that follow the solved baseline (quotas, cells set off it) follow ``base``."""
        model = case.model
        parameters = {n: np.asarray(model.parameters.arrays[n]) for n in model.system.names("parameter")}
        before, after = held_levels(model, case.baseline), held_levels(model, policy_changes(case, base))
        return cls(parameters, before, after, accounts_of(model))

    def less(self, other: Handed, distance: float) -> Handed:
        """The rate of change from the other to this one, ``distance`` apart."""
        parts = (
            {n: (a - two[n]) / distance for n, a in one.items()}
            for one, two in (
                (self.parameters, other.parameters), (self.base, other.base), (self.new, other.new),
                (self.accounts, other.accounts),
            )
        )  # fmt: skip
        return Handed(*parts)


def accounts_of(model: Model) -> dict[str, np.ndarray]:
    """Benchmark accounts as plain arrays in the model's order of labels."""
    from results.outcomes import arrays_of

    return arrays_of(model.parameters.benchmark)


@dataclass(frozen=True)
class Hung:
    """Gradients of K numbers through both solutions, and through the accounts that they are measured in:
    ``accounts`` by name, (K, ...).
    """

    through: Gradients
    accounts: Arrays

    def along(self, rate: Handed) -> np.ndarray:
        """Derivatives (K,) of the numbers along a rate of change of what the case hands over."""
        base, new = self.through.base, self.through.new
        total = base.along(rate.parameters, rate.base) + new.along(rate.parameters, rate.new)
        for name, array in self.accounts.items():
            total = total + array.reshape(len(total), -1) @ np.ravel(rate.accounts[name])
        return total


@dataclass(frozen=True)
class Slope:
    """Derivatives (K,) of the numbers with respect to a target at its value; ``left`` and ``right`` are NaN
    on a side where the target cannot go, for the reason ``note``. ``kinked``: which numbers have two slopes.
    """

    target: str
    value: float
    derivative: np.ndarray
    left: np.ndarray
    right: np.ndarray
    note: str = ""

    @property
    def kinked(self) -> np.ndarray:
        """Where left and right differ."""
        gap = np.abs(self.right - self.left)
        size = np.maximum(np.abs(self.left), np.abs(self.right))
        return np.isfinite(gap) & (gap > KINK * size) & (gap > KINK * np.abs(self.derivative).max(initial=0))


@dataclass(frozen=True)
class Wide:
    """Slopes (K,) of the numbers on average around a target's value, NaN where there is none; ``words``: how
    far around; ``note``: what was left out, and why.
    """

    slope: np.ndarray
    words: str
    note: str = ""


@dataclass(frozen=True)
class Mover:
    """Prepares a case beside the central one; ``base`` is the central baseline, solved."""

    case: Case
    base: Solution
    case_at: CaseAt
    hung: Hung

    def slope(self, target: str, value: float, *, apart: bool = False) -> Slope:
        """Derivatives with respect to a target that stands at a value.

        ``apart``: writing that value is not the central case (one value for what differs by economy), so that
        there is nothing to compare the two sides with. Raises ScenarioError where the target can go to
        neither side, and StructureError where it changes the structure of the model.
        """
        step = STEP * max(1.0, abs(value))
        refused: list[str] = []
        up, down = (self._handed(target, value + h, refused) for h in (step, -step))
        if up is None and down is None:
            raise ScenarioError([Problem(f"vary {target}", None, "", refused[0])])
        if up is None or down is None:
            return self._one_side(target, value, step if down is None else -step, refused[0])
        middle = self.hung.along(up.less(down, 2 * step))
        if apart:
            return Slope(target, value, middle, middle, middle)
        left = self.hung.along(self._here.less(down, step))
        right = self.hung.along(up.less(self._here, step))
        return Slope(target, value, middle, left, right)

    @cached_property
    def _here(self) -> Handed:
        return Handed.of(self.case, self.base)

    def _one_side(self, target: str, value: float, step: float, reason: str) -> Slope:
        """Slope from three points on the side where the target can go."""
        near, far = (self._handed(target, value + k * step, []) for k in (1, 2))
        if near is None or far is None:
            raise ScenarioError([Problem(f"vary {target}", None, "", reason)])
        first = self.hung.along(near.less(self._here, step))
        second = self.hung.along(far.less(self._here, 2 * step))
        found, nowhere = 2 * first - second, np.full(len(first), np.nan)
        left, right = (nowhere, found) if step > 0 else (found, nowhere)
        where = "up" if step < 0 else "down"
        return Slope(target, value, found, left, right, f"it cannot go {where}: {reason.split(', not ')[0]}")

    def wide(self, slope: Slope, spread: Distribution | None, *, apart: bool = False) -> Wide:
        """Slopes with what the case hands over moving as it does on average around the target's value: from
        one standard deviation below the mean of ``spread`` to one above, or else within `AROUND`.

        Where they differ from the derivative, thresholds are near. An end where the target cannot go gives
        way to the value in use; ``apart`` as in `slope`. Nothing is solved.
        """
        half = AROUND * max(abs(slope.value), 0.1)
        middle, words = slope.value, f"{100 * AROUND:g} %"
        if spread is not None and spread.sd > 0:
            half, middle, words = spread.sd, spread.mean, "one standard deviation"
        refused: list[str] = []
        try:
            ends = [(x, self._handed(slope.target, x, refused)) for x in (middle - half, middle + half)]
        except StructureError as error:
            return Wide(np.full(len(slope.derivative), np.nan), words, _first_line(error))
        note = f"an end of its range was left out: {refused[0].split(', not ')[0]}" if refused else ""
        if refused:
            ends = [
                end if end[1] is not None else (slope.value, None if apart else self._here) for end in ends
            ]
        (low, below), (high, above) = ends
        if below is None or above is None or low >= high:
            return Wide(np.full(len(slope.derivative), np.nan), words, note)
        return Wide(self.hung.along(above.less(below, high - low)), words, note)

    def _handed(self, target: str, value: float, refused: list[str]) -> Handed | None:
        """What the case hands over with the target at a value; None, and the reason noted, where refused."""
        try:
            case = self.case_at({target: value})
            self._require_same(case, target)
            return Handed.of(case, self.base)
        except REFUSALS as error:
            refused.append(_first_line(error))
            return None

    def _require_same(self, other: Case, target: str) -> None:
        one, two = self.case.model, other.model
        same = one.formulation == two.formulation and one.closure.free.keys() == two.closure.free.keys()
        if not same or any(not np.array_equal(m, two.closure.free[n]) for n, m in one.closure.free.items()):
            raise StructureError(f"{target} changes what the closure holds: solve the cases (cge sweep)")


def _first_line(error: BaseException) -> str:
    problems = getattr(error, "problems", ())
    return str(problems[0].message) if problems else str(error).splitlines()[0]


def links(case: Case, base: Solution) -> dict[tuple[str, str], np.ndarray]:
    """Where held levels of the policy follow the solved baseline: {(held, followed): derivative by cell}.

    Quotas and floors under wages are set relative to flows and wages of the baseline, swaps may hold a cell a
    share off it. Each is a straight line cell by cell, so a step of any size gives the derivative exactly.
    """
    swaps = [w for w in case.scenario.closure.swaps if w.at is not None]
    if not case.measures and not swaps:
        return {}
    model = case.model
    own = (shifter(w.fix, model.parameters, model.system).name for w in swaps)
    followed = dict.fromkeys(("x", "rw", "tm", *own))
    at, found = model.settings(policy_changes(case, base)), {}
    for name in followed:
        lower = model.settings(policy_changes(case, _lowered(base, name)))
        for held, level in at.items():
            slope = level - lower[held]
            if slope.any():
                found[held, name] = slope
    return found


def _lowered(base: Solution, name: str) -> Solution:
    values: xr.Dataset = base.values.assign({name: base.values[name] - 1.0})
    return replace(base, values=values)


def number_at(scenario: Scenario, target: str) -> tuple[float, bool]:
    """The number that stands at a target, and whether it differs by economy in the model (see `Mover.slope`).

    A factor on elasticities stands at 1. Raises ScenarioError for words and lists, which have no derivative.
    """
    value, by_economy = value_at(scenario, target)
    if isinstance(value, bool) or not isinstance(value, int | float):
        words = "there is nothing" if value is None else f"'{value}' is no number"
        raise _no_number(target, f"{words} to move a little; solve the cases instead (cge sweep)")
    return float(value), by_economy


def value_at(scenario: Scenario, target: str) -> tuple[object, bool]:
    """What stands at a target, None where nothing does, and whether it differs by economy in the model.

    Raises ScenarioError for what names no key, and for values of elasticities, which differ by sector.
    """
    from calibration.closure_data import GENERIC, generic
    from scenarios.barriers import assumption_rows
    from scenarios.closure_assumptions import NUMBERS
    from scenarios.varying import parse_target

    found = parse_target(target)
    if found.parameter and found.sets:
        raise _no_number(target, f"write {target.removeprefix('value:')}: a factor on the set's own value")
    if found.parameter:
        return 1.0, False
    if found.steps[0] == "assumptions":
        name = str(found.steps[-1])
        given = scenario.assumptions.get(name)
        if name in NUMBERS:
            return generic(name, scenario.assumptions), name in GENERIC and given is None
        return float(assumption_rows()[name]["value"]) if given is None else float(given), False
    value: object = scenario
    for step in found.steps:
        value = (
            value[step] if isinstance(step, int) and isinstance(value, tuple) else _field(value, str(step))
        )
    return value, False


def _field(holder: object, name: str) -> object:
    if isinstance(holder, Mapping):
        return holder.get(name)
    fields = getattr(type(holder), "model_fields", {})
    return next((getattr(holder, n) for n, f in fields.items() if name in (n, f.alias)), None)


def _no_number(target: str, message: str) -> ScenarioError:
    return ScenarioError([Problem(f"vary {target}", None, "", message)])


def numbers_of_shocks(scenario: Scenario) -> tuple[str, ...]:
    """Targets of the scenario's shocks that are numbers: ``shocks[0].tariff.to``, in the order written."""
    out: list[str] = []

    def walk(value: object, path: str) -> None:
        if isinstance(value, tuple):
            for k, item in enumerate(value):
                walk(item, f"{path}[{k}]")
        elif isinstance(value, float):
            out.append(path)
        else:
            for name, field in getattr(type(value), "model_fields", {}).items():
                if name in value.model_fields_set:  # type: ignore[attr-defined]
                    walk(getattr(value, name), f"{path}.{field.alias or name}")

    walk(scenario.shocks, "shocks")
    return tuple(out)
