"""The full solution as netCDF: every level and its meaning come back as they were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cge.app import api
from results import netcdf, store
from results.compare import Comparison, compare
from results.errors import ResultsError


@pytest.fixture(scope="module")
def solved() -> Comparison:
    """The benchmark twice, the second time with other numbers: a file does not ask how they were found."""
    case = api.prepare("us-joins-cptpp", aggregation="small")
    base = case.model.benchmark()
    values = base.values.assign(x=base.values.x * 1.1, pf=base.values.pf * (1 + 1e-16))
    new = replace(base, values=values, certificate=replace(base.certificate, iterations=3))
    found = api.comparison(case, base, base)
    return replace(found, new=new)


def same(one: xr.Dataset, other: xr.Dataset) -> None:
    """The same names, axes, labels and bits."""
    assert set(one.data_vars) == set(other.data_vars)
    for name, array in other.data_vars.items():
        assert one[name].dims == array.dims
        if array.dtype.kind == "f":
            assert one[name].values.tobytes() == np.ascontiguousarray(array.values).tobytes(), name
        else:
            assert one[name].values.tolist() == array.values.tolist(), name
    for d in other.dims:
        assert one[d].values.tolist() == other[d].values.tolist()


def test_both_solutions_come_back_bit_for_bit_with_their_certificates(solved, tmp_path: Path) -> None:
    netcdf.write(solved, tmp_path / "solution.nc")
    found = netcdf.read(tmp_path / "solution.nc")
    for ours, theirs in ((found.base, solved.base), (found.new, solved.new)):
        same(ours.values, theirs.values)
        same(ours.benchmark, theirs.benchmark)
        assert ours.certificate == theirs.certificate
        assert ours.quantities == theirs.quantities
    assert found.attributes["baseline"] == solved.scenario.baseline


def test_results_of_what_was_read_are_the_results(solved, tmp_path: Path) -> None:
    netcdf.write(replace(solved, new=solved.base), tmp_path / "solution.nc")
    found = netcdf.read(tmp_path / "solution.nc")
    again = compare(found.base, found.new, scenario_info=solved.scenario)
    for name, table in again.tables.items():
        assert table.equals(solved.tables[name]), name


def test_every_variable_has_a_unit_and_a_meaning(solved, tmp_path: Path) -> None:
    netcdf.write(solved, tmp_path / "solution.nc")
    for group in (*netcdf.GROUPS, "benchmark"):
        with xr.open_dataset(tmp_path / "solution.nc", group=group, engine="h5netcdf") as data:
            for name, array in data.data_vars.items():
                assert array.attrs["long_name"], name
                assert array.dtype.kind != "f" or array.attrs["units"], name


def test_a_result_holds_the_solution_when_it_is_asked_for(solved, tmp_path: Path) -> None:
    with_it = store.read(store.write(solved, tmp_path / "a", solution=True))
    same(with_it.solution().new.values, solved.new.values)
    path = with_it.path / "solution.nc"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ResultsError, match=r"solution\.nc is not the file"):
        store.read(with_it.path)
    without = store.read(store.write(solved, tmp_path / "b"))
    with pytest.raises(ResultsError, match="--solution"):
        without.solution()


def test_what_is_no_solution_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.nc").write_text("no")
    with pytest.raises(ResultsError, match="cannot be read"):
        netcdf.read(tmp_path / "text.nc")
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(ResultsError, match="no full solution"):
        netcdf.read(tmp_path / "other.nc")
    with pytest.raises(ResultsError, match="cannot be read"):
        netcdf.read(tmp_path / "nothing.nc")
