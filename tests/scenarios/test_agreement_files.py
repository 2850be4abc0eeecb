"""What the files of scenarios/agreements say: names, pairs, pace, and what leaving or joining does."""

import numpy as np
import pytest
import xarray as xr

from calibration.world import load_world
from scenarios.apply import apply
from scenarios.groups import load_groups
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.reader import AGREEMENTS, parse_scenario, read_agreement

FILES = {path.stem: read_agreement(path.stem) for path in sorted(AGREEMENTS.glob("*.yaml"))}
PLUS_ONE = {
    "ACFTA": ("CHN",),
    "AKFTA": ("KOR",),
    "AJCEP": ("JPN",),
    "AANZFTA": ("AUS", "NZL"),
    "AIFTA": ("IND",),
}


def run(shocks: str, world: xr.Dataset, baseline: str = "benchmark-2022") -> Policy:
    return apply(parse_scenario(f"title: t\nbaseline: {baseline}\nshocks:\n{shocks}", file="t.yaml"), world)


@pytest.fixture(scope="module")
def real() -> xr.Dataset:
    return load_world().data


def changed(policy: Policy) -> set[frozenset[str]]:
    """Pairs of regions between which a tariff or the cost of rules of origin changes."""
    before, after = policy.baseline, policy.counterfactual
    moved = ((before.tm != after.tm) | (before.k != after.k)).any("i").values
    labels = before.d.values
    return {frozenset((str(labels[o]), str(labels[d]))) for o, d in zip(*np.nonzero(moved), strict=True)}


@pytest.mark.parametrize("name", [n for n, a in FILES.items() if a.accession])
def test_every_name_of_an_accession_is_known(name: str, real: xr.Dataset) -> None:
    policy = run(f"  - {{join: {name}, members: [BRA, IND], parts: tariffs}}\n", real, "in-force-2026")
    assert all(pair & {"BRA", "IND"} for pair in changed(policy)) and changed(policy)


@pytest.mark.parametrize("name", PLUS_ONE)
def test_an_agreement_of_asean_with_a_partner(name: str, real: xr.Dataset) -> None:
    """Its end touches pairs of ASEAN and the partner that have nothing else, and not trade inside ASEAN."""
    left = run(f"  - {{leave: {name}, parts: tariffs}}\n", real)
    asean = set(load_groups().members("ASEAN"))
    hubs = set(PLUS_ONE[name])
    assert changed(left) and all(len(p & asean) == 1 and len(p & hubs) == 1 for p in changed(left))
    assert (left.counterfactual.tm >= left.baseline.tm).all()
    served = [set(other.among or ()) for other in FILES[name].also_served]
    assert served and not any(pair <= names for pair in changed(left) for names in served)
    back = run(f"  - {{leave: {name}, parts: tariffs}}\n  - {{agreement: {name}, parts: tariffs}}\n", real)
    xr.testing.assert_identical(back.counterfactual, back.baseline)


def test_asean_keeps_its_own_agreement_apart(real: xr.Dataset) -> None:
    asean = set(load_groups().members("ASEAN"))
    assert all(pair <= asean for pair in changed(run("  - {leave: ATIGA, parts: tariffs}\n", real)))
    with pytest.raises(ScenarioError, match="ACFTA is between two sides, ASEAN and CHN: a new member would"):
        run("  - {join: ACFTA, members: IND, parts: tariffs}\n", real)


def test_viet_nam_keeps_australias_rates_as_long_as_one_agreement_stands(real: xr.Dataset) -> None:
    leave = ["  - {leave: CPTPP, parts: tariffs}\n", "  - {leave: AANZFTA, parts: tariffs}\n"]
    pair = frozenset({"AUS", "VNM"})
    assert not any(pair in changed(run(one, real)) for one in leave)
    assert pair in changed(run("".join(leave), real))


def test_asean_keeps_the_rates_of_its_partners_without_rcep(real: xr.Dataset) -> None:
    """RCEP is not in the data; what ACFTA and the others gave stays when it is left out."""
    text = "title: t\nbaseline: {name: in-force-2026, without: [RCEP]}\nshocks: []\n"
    base = apply(parse_scenario(text), real).baseline
    assert np.array_equal(base.tm.sel(o="IDN", d="CHN"), real.tm0.sel(o="IDN", d="CHN"))


def test_tpp_as_signed_has_the_united_states(real: xr.Dataset) -> None:
    policy = run("  - {agreement: TPP12, parts: tariffs}\n", real, "in-force-2026")
    twelve = set(load_groups().members("TPP12@2016-02-04"))
    assert len(twelve) == 12 and all(pair <= twelve for pair in changed(policy))
    assert frozenset({"USA", "VNM"}) in changed(policy)
    joined = run("  - {join: CPTPP, members: USA, parts: tariffs}\n", real, "in-force-2026")
    tm = joined.counterfactual.tm
    assert np.allclose(tm.sel(o="JPN", d="USA"), policy.counterfactual.tm.sel(o="JPN", d="USA"), atol=1e-15)


def test_the_pace_of_cptpp() -> None:
    """Viet Nam and Mexico are slow, Canada and Japan fast; US cars come last of all."""
    lines = {(x.importers or ("all",), x.sectors): x.staging for x in FILES["CPTPP"].lines}

    def at_entry(importer: str, sector: str) -> float:
        staging = lines[(importer,), (sector,)]
        assert staging is not None
        return staging.done(0)

    assert at_entry("VNM", "agrifood") < at_entry("JPN", "agrifood") < at_entry("CAN", "agrifood")
    assert at_entry("VNM", "industrial") < at_entry("MEX", "industrial") < at_entry("CAN", "industrial")
    cars = next(x.staging for x in FILES["CPTPP"].accession if x.sectors == ("motor_vehicles",))
    assert cars is not None and [cars.done(y) for y in (0, 15, 30)] == [0, 0, 1] and 0 < cars.done(20) < 0.59


def test_rcep_takes_twenty_years(real: xr.Dataset) -> None:
    shock = "  - {agreement: RCEP, parts: tariffs, year: %d}\n"
    early, late, end = (run(shock % year, real).counterfactual for year in (0, 20, 21))
    whole = run("  - {agreement: RCEP, parts: tariffs}\n", real).counterfactual
    assert (early.tm > late.tm).any() and (late.tm > end.tm).any()
    xr.testing.assert_identical(end, whole)


@pytest.mark.parametrize(
    ("staging", "message"),
    [
        ("{years: 10, at_entry: 80%, 5: 60%}", "the share that is done cannot fall: 80 %, 60 %, 100 %"),
        ("{years: 10, 12: 60%}", "every year lies between 0 and 'years'"),
        ("{years: 0}", "'years' must be above 0"),
        ("{years: 10, at_entry: 120%}", "120 %: a share is between 0 % and 100 %"),
        ("{at_entry: 20%}", "staging.years: required"),
        ("20", "a mapping is needed here"),
    ],
)
def test_a_staging_that_cannot_be(staging: str, message: str, tmp_path, monkeypatch) -> None:
    line = f"  - {{to: 0%, sectors: goods, staging: {staging}, source: s, confidence: derived}}\n"
    head = "agreement: New\ntitle: n\nparties: USMCA\nin_data: none\nsources: s\nlines:\n"
    (tmp_path / "New.yaml").write_text(head + line)
    monkeypatch.setattr("scenarios.reader.AGREEMENTS", tmp_path)
    with pytest.raises(ScenarioError) as caught:
        read_agreement("New")
    assert message in str(caught.value) and "New.yaml:7: lines[0]" in str(caught.value)
