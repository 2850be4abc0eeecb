"""Complementarity: quotas, tariff-rate quotas, minimum wages; slack, binding and at the switching point."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import more_tariffs, parameters, random_accounts

from cge.axes import Named
from cge.closure import ClosureChoice, ClosureError
from cge.controls import Control, first_rents
from cge.formulation import Formulation
from cge.jacobian import Derivatives
from cge.model import Model
from cge.nests import bounded_complementarity, complementarity
from cge.search import Search

ACCOUNTS = random_accounts(3, 3)
PARAMETERS = parameters(ACCOUNTS)
QUOTAS = Formulation(controls="quotas")
FLOW, CELL = "R0,R1,S1", (0, 1, 1)
MU = float(PARAMETERS.arrays["mu"])
LEVEL = np.ones((3, 3, 3))


def number(value: float) -> Named:
    return Named(np.array(value), "")


def capped(kind: str, owner: str) -> Model:
    return Model(PARAMETERS, QUOTAS, ClosureChoice(controls=(Control(kind, (FLOW,), owner),)))


@pytest.fixture(scope="module")
def export_quota() -> Model:
    return capped("quota", "exporter")


@pytest.fixture(scope="module")
def trq() -> Model:
    return capped("trq", "importer")


def test_the_function_is_zero_on_the_two_half_axes_and_nowhere_else() -> None:
    def f(a: float, b: float) -> float:
        return float(complementarity(number(a), number(b), number(MU)).data)

    assert abs(f(0.3, 0)) < 1e-11
    assert abs(f(0, 0.7)) < 1e-11
    assert abs(f(MU, MU)) < 1e-15, "at the switching point a b = mu squared"
    assert f(0.1, 0.1) > 1e-2
    assert f(-0.1, 0.1) < -1e-2
    assert f(-0.1, 0) < -1e-2


@pytest.mark.parametrize(("a", "b", "excess"), [(0, 0.1, -0.2), (0.1, 0, 0.2), (0.04, 0.06, 0)])
def test_the_box_function_is_zero_in_its_three_regimes(a: float, b: float, excess: float) -> None:
    found = bounded_complementarity(number(a), number(b), number(excess), number(MU))
    assert abs(float(found.data)) < 1e-10


def test_a_slack_quota_changes_nothing(export_quota: Model) -> None:
    shock = {"tm": more_tariffs(ACCOUNTS, 0.3)}
    free, slack = Model(PARAMETERS).solve(shock).values, export_quota.solve(shock).values
    assert abs(float(slack["rx"].max())) < 1e-8
    for name in ("y", "pa", "N", "x"):
        np.testing.assert_allclose(slack[name], free[name], atol=1e-8)


def test_a_binding_export_quota_earns_the_exporter_the_rent_that_holds_it(export_quota: Model) -> None:
    """The same rent rate imposed by hand on the plain model gives the same equilibrium."""
    v = export_quota.solve({"quota": 0.7 * LEVEL}).values
    assert float(v["x"][CELL]) == pytest.approx(0.7, abs=1e-8)
    assert float(v["rx"][CELL]) > 0.05
    assert float(v["rent_x"].sel(r="R0", i="S1")) > 0
    np.testing.assert_array_equal(v["rx"].where(v["rx"] == 0, 1).sum(), 1)
    by_hand = Model(PARAMETERS).solve({"rx": v["rx"]}).values
    for name in ("y", "pa", "N", "x"):
        np.testing.assert_allclose(by_hand[name], v[name], atol=1e-8)


@pytest.mark.parametrize("left", [0.5, 0.1, 0.02])
def test_a_stop_of_nearly_all_of_a_flow_is_found_in_one_step(export_quota: Model, left: float) -> None:
    found = export_quota.solve({"quota": left * LEVEL})
    assert float(found.values["x"][CELL]) == pytest.approx(left, abs=1e-8)
    assert found.certificate.steps == 1


def test_the_first_guess_of_a_rent_would_bring_the_flow_to_its_cap_if_nothing_else_moved() -> None:
    cells = np.zeros((3, 3, 3), dtype=bool)
    cells[CELL] = True
    sigma, flows = np.full(3, 4.0), 1.5 * LEVEL
    levels = {"rx": 0.1 * LEVEL, "sigma_m": sigma}
    targets = {"quota": 0.3 * LEVEL, "quota_premium": LEVEL, "rent_uncapped": 0 * LEVEL, "rx": 0 * LEVEL}
    free = {"rx": cells, "trq_gap": np.ones_like(cells)}
    guess = first_rents(["rx"], flows, levels, targets, free)["rx"]
    price = (1 + guess[CELL]) / 1.1
    assert float(flows[CELL] * price**-4.0) == pytest.approx(0.3)
    np.testing.assert_array_equal(guess[~cells], 0)
    room = first_rents(["rx"], 0.2 * LEVEL, levels, targets, free)["rx"]
    assert room[CELL] == 0.1, "a flow below its cap keeps the rent it has"
    trq = first_rents(["rx"], flows, levels, {**targets, "quota_premium": 0.2 * LEVEL},
                      {"rx": cells, "trq_gap": ~cells})["rx"]  # fmt: skip
    assert trq[CELL] == pytest.approx(0.2), "never more than the duty above the quota"


def test_the_way_to_a_cap_begins_at_the_flow_and_goes_in_equal_proportions(export_quota: Model) -> None:
    """From a cap that binds nobody half the way is the geometric mean, not half of a large number."""
    origin = export_quota.benchmark_levels
    targets = {**origin, "quota": 0.1 * LEVEL}
    search = Search(export_quota, print)
    near = search.caps_close_by(origin, targets)
    half = search.between(near, targets, 0.5)["quota"]
    assert float(half[CELL]) == pytest.approx((1.01 * 0.1) ** 0.5, rel=1e-6)


def test_an_import_quota_is_the_tariff_whose_revenue_it_forgoes(export_quota: Model) -> None:
    v = capped("quota", "importer").solve({"quota": 0.7 * LEVEL}).values
    tariff = Model(PARAMETERS).solve({"tm": ACCOUNTS["tm0"].transpose("o", "d", "i") + v["rm"]}).values
    for name in ("y", "pa", "N", "x"):
        np.testing.assert_allclose(tariff[name], v[name], atol=1e-8)
    # nearly: who holds the licence moves income between regions, and with it the rent that clears
    other = export_quota.solve({"quota": 0.7 * LEVEL}).values
    assert float(other["N"].sel(r="R0")) > float(v["N"].sel(r="R0"))


def test_a_quota_at_the_switching_point_is_off_by_mu_alone(export_quota: Model) -> None:
    v = export_quota.solve({"quota": LEVEL}).values
    rent, unused = float(v["rx"][CELL]), 1 - float(v["x"][CELL])
    assert rent >= 0
    assert unused >= 0
    assert rent * unused <= MU**2 * (1 + 1e-3)


def test_a_quota_switches_on_and_off_with_the_shock(export_quota: Model) -> None:
    """Cheaper trade makes the flow outgrow its quota; the way back releases it."""
    k = np.ones((3, 3, 3))
    k[0, 1] = 0.9
    quota = {"quota": 1.1 * LEVEL}
    slack = export_quota.solve(quota)
    binds = export_quota.solve({**quota, "k": k}, start=slack)
    again = export_quota.solve(quota, start=binds)
    assert float(slack.values["rx"][CELL]) < 1e-8
    assert float(binds.values["rx"][CELL]) > 1e-3
    assert float(binds.values["x"][CELL]) == pytest.approx(1.1, abs=1e-8)
    np.testing.assert_allclose(again.values["y"], slack.values["y"], atol=1e-8)


@pytest.mark.parametrize(
    ("quota", "regime"), [(1.3, "below"), (0.9, "on"), (0.7, "above"), (1.0, "switching")]
)
def test_a_tariff_rate_quota_in_every_regime(trq: Model, quota: float, regime: str) -> None:
    v = trq.solve({"quota": quota * LEVEL, "quota_premium": 0.1 * LEVEL}).values
    premium, excess = float(v["rm"][CELL]), float(v["x"][CELL]) - quota
    if regime == "below":
        assert abs(premium) < 1e-8
        assert excess < -0.1
    elif regime == "on":
        assert 0.01 < premium < 0.09
        assert abs(excess) < 1e-8
    elif regime == "above":
        assert premium == pytest.approx(0.1, abs=1e-8)
        assert excess > 0.01
    else:
        assert premium * abs(excess) <= MU**2 * (1 + 1e-2)


def test_a_minimum_wage_slack_binding_and_switching() -> None:
    model = Model(PARAMETERS, closure=ClosureChoice(minimum_wage=("R1", "R2")))
    shock, u0 = {"tm": more_tariffs(ACCOUNTS, 0.3)}, PARAMETERS.arrays["u0"]
    free = Model(PARAMETERS).solve(shock).values
    wage = free["rw"].to_numpy()
    v = model.solve({**shock, "wage_floor": np.array([0, wage[1] + 0.02, wage[2] - 0.1])}).values
    assert float(v["rw"][1]) == pytest.approx(wage[1] + 0.02, abs=1e-8)
    assert float(v["u"][1]) > u0[1] + 1e-3
    assert float(v["u"][2]) == pytest.approx(u0[2], abs=1e-8)
    at = model.solve({**shock, "wage_floor": wage}).values
    for r in (1, 2):
        a, b = float(at["rw"][r]) - wage[r], float(at["u"][r]) - u0[r]
        assert a >= 0
        assert b >= 0
        assert a * b <= MU**2 * (1 + 1e-2)
    np.testing.assert_allclose(at["y"], free["y"], atol=1e-5)


def test_only_capped_cells_join_the_unknowns(export_quota: Model) -> None:
    plain = Model(PARAMETERS)
    assert export_quota.reduced.size == plain.reduced.size + 1
    assert "quota_gap" not in plain.system.quantities


def test_derivatives_and_both_spaces_agree(export_quota: Model) -> None:
    model, change = export_quota, {"quota": 0.8 * LEVEL}
    reduced, levels = model.reduced, model.solve(change)
    at = reduced.complete(model._levels_of(levels))
    derivatives = Derivatives(model.system, model.parameters.sets, frozenset(model.system.names("variable")))
    derivatives.verify(at, derivatives(at))
    x, jacobian = reduced.pack(at), reduced.jacobian(at)
    step = 1e-6 * np.random.default_rng(0).standard_normal(reduced.size)
    targets = {**at, **{n: np.zeros((3, 3, 3)) for n in ("quota_gap", "trq_gap")}}
    ahead, behind = (reduced.evaluate(x + s, at, targets)[1] for s in (step, -step))
    np.testing.assert_allclose(ahead - behind, 2 * jacobian @ step, rtol=1e-5, atol=1e-11)
    full = model.solve(change, space="full")
    for name in ("y", "pa", "x", "rx"):
        np.testing.assert_allclose(full.values[name], levels.values[name], atol=1e-9)


@pytest.mark.parametrize(
    ("control", "message"),
    [
        (("tariff", (FLOW,), "importer"), "'tariff' is not one of quota, trq"),
        (("quota", (FLOW,), "nobody"), "'nobody' is not one of exporter, importer"),
        (("trq", (FLOW,), "exporter"), "the rent goes to the importer"),
    ],
)
def test_controls_that_mean_nothing_are_refused(control: tuple, message: str) -> None:
    with pytest.raises(ClosureError, match=message):
        Control(*control)


def test_controls_need_their_block_and_trade_to_cap() -> None:
    choice = ClosureChoice(controls=(Control("quota", (FLOW,)),))
    with pytest.raises(ClosureError, match="choose controls 'quotas'"):
        Model(PARAMETERS, closure=choice)
    empty = ClosureChoice(controls=(Control("quota", ("R1,R1,*",)),))
    with pytest.raises(ClosureError, match=r"none of R1,R1,\* has trade"):
        Model(PARAMETERS, QUOTAS, empty)
