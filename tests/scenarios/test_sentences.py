"""Sentences of a trade analyst as files of nine lines: what each says, and the shocks it stands for."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from calibration.accounts import border_value
from calibration.world import load_world
from cge.app.barriers import barrier_data
from scenarios.apply import apply, scenario_moves_barriers
from scenarios.groups import load_groups
from scenarios.policy import Policy
from scenarios.product_table import packaged_products
from scenarios.reader import parse_scenario, read_scenario

HERE = Path(__file__).parent / "sentences"
NAMES = sorted(path.stem for path in HERE.glob("*.yaml"))
KEYS = ["region", "partner", "sector", "instrument"]


def expanded(name: str) -> Policy:
    scenario = read_scenario(HERE / f"{name}.yaml")
    moves = scenario_moves_barriers(scenario)
    return apply(scenario, load_world().data, barriers=barrier_data(scenario) if moves else None)


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_takes_nine_lines(name: str) -> None:
    lines = (HERE / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 9 and lines[0].startswith("# ") and lines[0].endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_expands_to_its_stored_table(name: str) -> None:
    """Every shock, ``why`` without its place; CGE_UPDATE_GOLDEN=1 writes the table anew."""
    table = pd.DataFrame(expanded(name).table.rename(columns={"from": "old", "to": "new"}))
    # The file's own folder differs between machines; the line and the words do not.
    table["why"] = table.why.str.replace(r"^\S*?([\w-]+\.yaml)", r"\1", regex=True)
    table = pd.DataFrame(table[[*KEYS, "old", "new", "why"]]).sort_values(list(KEYS), kind="stable")
    table = table.reset_index(drop=True)
    path = HERE / f"{name}.csv.gz"
    if os.environ.get("CGE_UPDATE_GOLDEN") == "1":
        text = io.StringIO()
        table.to_csv(text, index=False, float_format="%.8g")
        # mtime 0: the same table gives the same file.
        with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
            file.write(text.getvalue().encode())
    stored = pd.read_csv(path, keep_default_na=False, dtype=dict.fromkeys((*KEYS, "why"), str),
                         na_values={"old": [""], "new": [""]})  # fmt: skip
    assert len(stored) == len(table) > 0
    texts = [*KEYS, "why"]
    pd.testing.assert_frame_equal(pd.DataFrame(table[texts]), pd.DataFrame(stored[texts]), check_dtype=False)
    for column in ("old", "new"):
        found, wanted = (t[column].astype(float).to_numpy() for t in (table, stored))
        np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-12)


def rates(name: str, **where: str) -> pd.DataFrame:
    """Rows of a sentence's tariffs."""
    table = expanded(name).table
    for column, value in {"instrument": "tm", **where}.items():
        table = table[table[column] == value]
    return pd.DataFrame(table)


def test_rice_stays_out_and_the_rest_of_farming_does_not() -> None:
    """Mexico, without an agreement with Thailand, withholds rice's share of the cut on farm goods only."""
    name = "thailand-and-korea-join-cptpp"
    text = (HERE / f"{name}.yaml").read_text(encoding="utf-8")
    whole = parse_scenario(text.replace("    except: {products: rice}\n", ""))
    free = apply(whole, load_world().data, barriers=barrier_data(whole))
    kept = expanded(name)
    shares = {row.sector: row.share for row in packaged_products().rows.values()
              if (row.product, row.importer) == ("rice", "*")}  # fmt: skip
    assert set(shares) == {"A01", "C10T12"}
    rates = (kept.baseline.tm, free.counterfactual.tm, kept.counterfactual.tm)
    old, all_of_it, part = (tm.sel(o="THA", d="MEX") for tm in rates)
    for sector in old.i.values:
        share = shares.get(str(sector), 0.0)
        wanted = float(old.sel(i=sector) - (1 - share) * (old.sel(i=sector) - all_of_it.sel(i=sector)))
        assert float(part.sel(i=sector)) == pytest.approx(wanted, abs=1e-12), sector
    assert float(part.sel(i="A01")) > float(all_of_it.sel(i="A01"))


def test_cars_and_farm_goods_keep_their_tariffs_when_japan_enters() -> None:
    table = rates("japan-enters-usmca")
    assert table[(table.region == "USA") & (table.partner == "JPN") & (table.sector == "C29")].empty
    assert table[(table.region == "JPN") & table.sector.isin(["A01", "C10T12"])].empty
    opened = pd.DataFrame(table[(table.region == "USA") & (table.partner == "JPN") & (table.sector == "C28")])
    assert len(opened) == 1 and float(opened.to.iloc[0]) < float(opened["from"].iloc[0])
    assert {frozenset(pair) for pair in zip(table.region, table.partner, strict=True)} <= {
        frozenset(("JPN", other)) for other in ("USA", "CAN", "MEX")
    }


def test_dollar_for_dollar() -> None:
    """What China and the EU add on US goods is, at benchmark trade, what their goods now pay more.

    The EU is a customs union: its members charge the same points.
    """
    world = load_world().data
    border = border_value(world)
    policy = expanded("ten-percent-on-everyone")
    duty = ((policy.counterfactual.tm - policy.baseline.tm) * border).sum("i")
    members = list(load_groups().members("EU27"))
    for each in (["CHN"], members):
        paid, taken = float(duty.sel(o=each, d="USA").sum()), float(duty.sel(o="USA", d=each).sum())
        assert taken == pytest.approx(paid, rel=1e-9) and paid > 0
    points = (policy.counterfactual.tm - policy.baseline.tm).sel(o="USA", d=members, i="C28")
    assert float(points.max() - points.min()) < 1e-12 and float(points.max()) > 0
    assert float(duty.sel(o="USA", d="JPN")) == 0


def test_half_depth_is_half_of_every_tariff_on_ores() -> None:
    table = rates("quad-critical-minerals")
    assert set(table.sector) == {"B07"} and set(table.region) <= {"USA", "JPN", "IND", "AUS"}
    np.testing.assert_allclose(table.to.astype(float), 0.5 * table["from"].astype(float), rtol=1e-12)


def test_the_closed_market_and_the_agreement_left_are_two_things() -> None:
    policy = expanded("china-closes-to-australia")
    quotas = pd.DataFrame(policy.table[policy.table.instrument == "quota"])
    assert set(zip(quotas.region, quotas.partner, quotas.sector, strict=True)) == {
        ("CHN", "AUS", "B05"), ("CHN", "AUS", "B07"),
    }  # fmt: skip
    assert quotas.to.astype(float).to_numpy() == pytest.approx(0.05)
    assert bool(quotas["from"].isna().all())
    raised = rates("china-closes-to-australia")
    assert (raised.to.astype(float) > raised["from"].astype(float)).all()
    assert ((raised.region == "AUS") | (raised.partner == "AUS")).all()
