from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from calibration.build import build_world, write_world
from calibration.world import packaged_path, read_base
from cge.app.cli_data import app

RUN = CliRunner()


def test_the_packaged_database_is_what_the_raw_data_give(raw, tmp_path):
    """Eight seconds: the whole pipeline, compared variable by variable and step by step."""
    stages: list[str] = []
    write_world(build_world(raw, stages.append), tmp_path / "world.nc")
    built, packaged = read_base(tmp_path / "world.nc").data, read_base().data
    assert set(built.data_vars) == set(packaged.data_vars)
    for name in built.data_vars:
        for dim in built[name].dims:
            assert list(built[dim].values) == list(packaged[dim].values)
        np.testing.assert_allclose(built[name], packaged[name], rtol=1e-7, atol=1e-6, err_msg=str(name))
    names = [[r["name"] for r in json.loads(d.attrs["repairs"])] for d in (built, packaged)]
    assert names[0] == names[1]
    assert list(tmp_path.iterdir()) == [tmp_path / "world.nc"]
    assert stages[0] == "national tables"


def test_info_shows_sources_repairs_and_residuals():
    overview = RUN.invoke(app, ["info"])
    assert overview.exit_code == 0
    assert "81 economies x 50 industries" in overview.output
    assert "zero profit" in overview.output
    repairs = RUN.invoke(app, ["info", "--repairs"], env={"COLUMNS": "200"})
    assert repairs.exit_code == 0
    assert "negative operating surplus" in repairs.output
    assert "zero profit" not in repairs.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "--raw", "nowhere"], "cannot build the database"),
        (["info", "--database", "nowhere.nc"], "cannot read the database"),
    ],
)
def test_bad_input_exits_with_2(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = packaged_path().stat().st_mtime
    result = RUN.invoke(app, arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert packaged_path().stat().st_mtime == before
