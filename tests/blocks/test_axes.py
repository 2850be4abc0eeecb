"""Named axes: letters decide, and whatever they cannot decide raises."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest

from cge.axes import AxisError, Named, exp, log, sqrt, total

A = np.arange(6.0).reshape(2, 3) + 1


def test_arithmetic_aligns_on_letters_whatever_the_order() -> None:
    x, y = Named(A, "ri"), Named(A.T, "ir")
    np.testing.assert_allclose((x * y).data, A * A)
    wide = Named(np.ones(4), "o") * x
    assert (wide.dims, wide.data.shape) == ("ori", (4, 2, 3))


def test_letters_may_be_renamed_only_within_their_class() -> None:
    x = Named(A, "ri")
    assert x["oi"].dims == "oi"
    for letters in ("rr", "ir", "rf", "r", "rij"):
        with pytest.raises(AxisError):
            x[letters]


def test_summing_over_a_missing_axis_raises() -> None:
    assert total(Named(A, "ri"), "i").dims == "r"
    with pytest.raises(AxisError, match="cannot sum over 'd'"):
        total(Named(A, "ri"), "d")


def test_bare_arrays_are_refused() -> None:
    with pytest.raises(AxisError):
        _ = Named(A, "ri") + A
    with pytest.raises(TypeError):
        np.multiply(A, Named(A, "ri"))  # pyright: ignore[reportCallIssue, reportArgumentType]
    with pytest.raises(AxisError):
        Named(A, "r")


@pytest.mark.parametrize("function", [log, exp, sqrt])
def test_functions_on_floats_and_on_pyomo_agree(function) -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var(range(6), initialize=dict(enumerate(A.ravel())))
    cells = np.array([model.x[k] for k in range(6)], dtype=object).reshape(2, 3)
    symbolic = function(Named(cells, "ri"))
    values = np.vectorize(pyo.value, otypes=[float])(symbolic.data)
    np.testing.assert_allclose(values, function(Named(A, "ri")).data)
    alone = function(total(Named(cells, "ri"), "ri"))
    assert alone.dims == ""
    assert pyo.value(alone.data[()]) == pytest.approx(float(function(Named(np.array(A.sum()), "")).data))
