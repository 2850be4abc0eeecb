"""A sweep's engine: one model recalibrated, each point begun at one anchor and at nothing else."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from worlds import more_tariffs, parameters, random_accounts

from cge.closure import ClosureChoice
from cge.model import Anchor, Model, SolveError
from cge.parameters import ParameterError, Parameters
from cge.search import Search

ACCOUNTS = random_accounts()
PARAMETERS = parameters(ACCOUNTS)
CHOICE = ClosureChoice(labour="wage_curve", capital="sector_specific")
SHOCK = {"tm": more_tariffs(ACCOUNTS)}


def moved(by: float) -> Parameters:
    """Trade elasticities times a factor."""
    return PARAMETERS.with_arrays(**{n: PARAMETERS.arrays[n] * by for n in ("sigma_m", "sigma_d")})


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(PARAMETERS, closure=CHOICE)


@pytest.fixture(scope="module")
def anchor(model: Model) -> Anchor:
    return model.anchor(model.solve(SHOCK))


def gap(one, other, model: Model) -> float:
    return max(float(abs(one.values[n] - other.values[n]).max()) for n in model.system.names("variable"))


@pytest.mark.slow
def test_a_recalibrated_model_is_the_model_of_its_parameters(model: Model) -> None:
    fresh, shared = Model(moved(1.2), closure=CHOICE), model.recalibrated(moved(1.2))
    assert shared.reduced is model.reduced
    assert shared.fingerprint == fresh.fingerprint != model.fingerprint
    one, other = (m.solve(SHOCK) for m in (fresh, shared))
    assert one.values.equals(other.values)
    assert gap(one, model.solve(SHOCK), model) > 1e-3


def test_the_numbers_are_those_of_a_walk_from_the_benchmark(model: Model, anchor: Anchor) -> None:
    for by in (0.8, 1.2):
        point = model.recalibrated(moved(by))
        near, far = point.solve(SHOCK, anchor=anchor), point.solve(SHOCK)
        assert gap(near, far, model) < 1e-9
        assert near.certificate.max_residual < 1e-9
        assert near.certificate.jacobians <= 1
        assert 0 < near.certificate.evaluations < 20


@pytest.mark.slow
def test_a_point_is_the_same_whatever_was_solved_before_it(model: Model, anchor: Anchor) -> None:
    factors = (0.7, 1.3, 0.9, 1.1)
    forth = {by: model.recalibrated(moved(by)).solve(SHOCK, anchor=anchor) for by in factors}
    back = {by: model.recalibrated(moved(by)).solve(SHOCK, anchor=anchor) for by in reversed(factors)}
    other = Model(PARAMETERS, closure=CHOICE)
    elsewhere = other.anchor(other.solve(SHOCK))
    for by in factors:
        assert forth[by].values.equals(back[by].values)
        assert forth[by].values.equals(other.recalibrated(moved(by)).solve(SHOCK, anchor=elsewhere).values)


def test_a_point_too_far_from_its_anchor_begins_at_the_benchmark_or_its_start(
    model: Model, anchor: Anchor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cge.reduced import InnerLoopError

    attempt = Search.attempt

    def refusing(search, levels, targets, report, kept=None):
        if kept is not None:
            raise InnerLoopError("too far")
        return attempt(search, levels, targets, report)

    point = model.recalibrated(moved(1.1))
    expected = point.solve(SHOCK)
    half = point.solve({"tm": 0.5 * (SHOCK["tm"] + ACCOUNTS["tm0"])})
    onward = point.solve(SHOCK, start=half)
    assert not onward.values.equals(expected.values), "another way has other last digits"
    monkeypatch.setattr(Search, "attempt", refusing)
    assert point.solve(SHOCK, anchor=anchor).values.equals(expected.values)
    assert point.solve(SHOCK, start=half, anchor=anchor).values.equals(onward.values)


def test_a_failed_point_carries_its_worst_equations(model: Model, anchor: Anchor) -> None:
    below = ACCOUNTS["tm0"] - 3.0 * (ACCOUNTS["X0"] > 0)  # negative prices
    with pytest.raises(SolveError, match="no equilibrium beyond") as found:
        model.solve({"tm": below}, anchor=anchor)
    equation, cell, residual = found.value.worst[0]
    assert equation == "import_price"
    assert cell.startswith("pmm[R")
    assert not residual <= 1e-9
    assert cell in str(found.value)
    sent = pickle.loads(pickle.dumps(found.value))
    assert (str(sent), sent.worst) == (str(found.value), found.value.worst)


def test_what_cannot_be_recalibrated_is_refused(model: Model) -> None:
    with pytest.raises(ParameterError, match="over its own sets only"):
        model.recalibrated(parameters(random_accounts(2, 4)))
    with pytest.raises(ParameterError, match=r"sigma_va\[S0\] = 1 "):
        model.recalibrated(PARAMETERS.with_arrays(sigma_va=np.ones_like(PARAMETERS.arrays["sigma_va"])))
    unused = PARAMETERS.arrays["V0"].copy()
    unused[0, 1, 0] = 0.0
    with pytest.raises(ParameterError, match=r"the closure has xf\[R0,capital,S0\] free, which this model"):
        model.recalibrated(PARAMETERS.with_arrays(V0=unused))
    small = Model(parameters(random_accounts(2, 4)))
    with pytest.raises(ParameterError, match="its labels are others"):
        model.anchor(small.benchmark())
