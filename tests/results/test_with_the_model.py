"""The whole chain on the invented world: the model's solutions and the oracle's give the same results."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from calibration.parameters import calibrate
from cge.model import Model
from results.compare import ScenarioInfo, compare


@pytest.mark.slow
def test_the_model_and_the_oracle_give_the_same_results(world, base, new, oracle_elasticities):
    sm, sd, sva = oracle_elasticities
    named = {
        "sigma_m": xr.DataArray(sm, dims="i", coords={"i": world.i}),
        "sigma_d": xr.DataArray(sd, dims="i", coords={"i": world.i}),
        "sigma_va": xr.DataArray(sva, dims="j", coords={"j": world.j}),
    }
    model = Model(calibrate(world, named))
    solved = model.solve({"tm": new.values.tm}), model.solve({})
    info = ScenarioInfo("a-tariff")
    ours = compare(solved[1], solved[0], scenario_info=info).to_frame()
    theirs = compare(base, new, scenario_info=info).to_frame()
    key = ["region", "sector", "partner", "indicator"]
    ours, theirs = (t.set_index(key).sort_index() for t in (ours, theirs))
    assert (ours.index == theirs.index).all()
    scale = np.maximum(theirs.baseline.abs(), theirs.counterfactual.abs()).clip(lower=1)
    np.testing.assert_allclose((ours.change - theirs.change) / scale, 0, atol=1e-7)
