"""Packages of policy: what a scenario with them comes to, where messages lead, what is kept of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import xarray as xr

from scenarios.apply import apply, check
from scenarios.memory import Memory
from scenarios.package_files import PACKAGES, package_library, read_package
from scenarios.packages import full_text, only_packages, package_names, with_packages, without_packages
from scenarios.placeholders import in_words
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario, read_scenario, scenario_hash
from scenarios.schema import Scenario

DEAL = """\
title: a deal
parameters:
  depth: {default: 50%, description: how much of each tariff goes}
  partners: {description: with whom}
  sectors: {default: [electronics, machinery], description: in what}
shocks:
  - label: tariffs down by $depth with $partners
    tariff: {cut: $depth}
    between: [USA, $partners]
    sectors: $sectors
  - barrier: {iceberg: -$depth}
    importers: [CAN, $partners, MEX]
    sectors: [digital_services, "${sectors}"]
    except: {exporters: KOR}
"""
FILE = """\
title: test
packages:
  - package: deal.yaml
    depth: 0.25
    partners: [JPN, KOR]
    carve_out: [{sectors: C28, importers: JPN}]
shocks:
  - {tariff: {add: 5 points}, importers: USA, exporters: CHN, sectors: goods}
"""
BY_HAND = """\
title: test
shocks:
  - label: tariffs down by 25% with JPN and KOR
    tariff: {cut: 25%}
    between: [USA, [JPN, KOR]]
    sectors: [electronics, machinery]
    except: {sectors: C28, importers: JPN}
  - barrier: {iceberg: -25%}
    importers: [CAN, JPN, KOR, MEX]
    sectors: [digital_services, electronics, machinery]
    except: [{exporters: KOR}, {sectors: C28, importers: JPN}]
  - {tariff: {add: 5 points}, importers: USA, exporters: CHN, sectors: goods}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deal.yaml").write_text(DEAL)
    (tmp_path / "main.yaml").write_text(FILE)
    return tmp_path


def read(folder: Path, text: str, variant: str | None = None) -> Scenario:
    (folder / "main.yaml").write_text(text)
    return read_scenario(folder / "main.yaml", variant)


def problems(
    folder: Path, text: str, regions: list[str], sectors: list[str]
) -> list[tuple[str, int | None, str]]:
    with pytest.raises(ScenarioError) as caught:
        check(read(folder, text), regions, sectors)
    return sorted((Path(p.file).name, p.line, p.path) for p in caught.value.problems)


def test_a_scenario_with_a_package_is_the_one_written_by_hand(folder: Path, world: xr.Dataset) -> None:
    composed, by_hand = read_scenario(folder / "main.yaml"), parse_scenario(BY_HAND)
    assert composed == by_hand and scenario_hash(composed) == scenario_hash(by_hand)
    xr.testing.assert_identical(apply(composed, world).counterfactual, apply(by_hand, world).counterfactual)
    assert composed.package_of == ("deal", "deal", "")
    assert by_hand.package_of == ("", "", "")


def test_the_hash_covers_what_a_package_says(folder: Path) -> None:
    before = scenario_hash(read_scenario(folder / "main.yaml"))
    (folder / "deal.yaml").write_text(
        DEAL.replace("importers: [CAN, $partners, MEX]", "importers: $partners")
    )
    assert scenario_hash(read_scenario(folder / "main.yaml")) != before
    assert scenario_hash(read(folder, FILE.replace("0.25", "0.3"))) != before


def test_notes_and_problems_lead_to_the_file_that_writes_them(
    folder: Path, regions: list[str], sectors: list[str], world: xr.Dataset
) -> None:
    text = FILE.replace("KOR]", "KOX]").replace("C28,", "C2X,").replace("CHN", "CHX")
    text = text.replace("sectors: goods", "sectors: good")
    (folder / "deal.yaml").write_text(DEAL.replace("[USA,", "[USX,"))
    assert problems(folder, text, regions, sectors) == [
        ("deal.yaml", 9, "shocks[0].between[0]"),
        ("main.yaml", 5, "packages[0].partners[1]"),
        ("main.yaml", 6, "packages[0].carve_out[0].sectors"),
        ("main.yaml", 8, "shocks[0].exporters"),
        ("main.yaml", 8, "shocks[0].sectors"),
    ]
    (folder / "deal.yaml").write_text(DEAL.replace("MEX]", "MEXX]"))
    # An item after a spliced list stands elsewhere in the result than in the file.
    assert problems(folder, FILE, regions, sectors) == [("deal.yaml", 12, "shocks[1].importers[2]")]


def test_a_rate_below_minus_100_percent_leads_to_the_package(folder: Path, world: xr.Dataset) -> None:
    (folder / "deal.yaml").write_text(
        "title: subsidy\nshocks:\n  - {tariff: {add: -140 points}, importers: USA, sectors: goods}\n"
    )
    text = "title: t\npackages: [deal.yaml]\n"
    with pytest.raises(ScenarioError, match=r"deal.yaml:3: shocks\[0\]: .* a rate cannot fall below -100 %"):
        apply(read(folder, text), world)


def test_an_own_shock_after_packages_points_at_its_own_line(folder: Path, world: xr.Dataset) -> None:
    policy = apply(read_scenario(folder / "main.yaml"), world)
    places = {why.split(" ")[0].rpartition("/")[2] for why in policy.table.why}
    assert {"deal.yaml:7", "deal.yaml:11"} <= places
    assert any("main.yaml:8 " in why for why in policy.table.why)


def test_variants_add_and_take_out_packages(folder: Path) -> None:
    text = FILE + (
        "variants:\n  less: {minus: deal}\n"
        "  other: {minus: [deal], plus: [{package: deal.yaml, partners: CHN}]}\n"
        "  more: {plus: [{package: deal.yaml, partners: TWN}], add: [{agreement: RCEP}]}\n"
        "  only: {packages: [{package: deal.yaml, partners: DEU}], shocks: []}\n"
    )
    cases = read(folder, text).cases
    assert cases["less"].package_of == ("",)
    assert cases["other"].package_of == ("deal", "deal", "")
    assert cases["other"].shocks[0].between == (("USA",), ("CHN",))
    assert cases["more"].package_of == ("deal", "deal", "deal (2)", "deal (2)", "", "")
    assert cases["more"].shocks[-1].agreement == "RCEP"
    assert cases["only"].shocks[0].between == (("USA",), ("DEU",)) and len(cases["only"].shocks) == 2
    assert cases["only"].origin.place("shocks[0].between[1]").endswith("main.yaml:13")


def test_with_packages_is_the_file_one_would_write(folder: Path) -> None:
    scenario = read_scenario(folder / "main.yaml")
    less = with_packages(scenario, minus=["deal"])
    assert less.shocks == scenario.shocks[2:] and less.used_packages == ()
    back = with_packages(
        less, plus=[f"{{package: {folder / 'deal.yaml'}, depth: 25%, partners: [JPN, KOR]}}"]
    )
    assert back.package_of == scenario.package_of
    assert [s.model_copy(update={"carve_outs": ()}) for s in scenario.shocks[:1]] == list(back.shocks[:1])
    assert scenario_hash(less) != scenario_hash(scenario)
    assert with_packages(scenario) is scenario
    with pytest.raises(ScenarioError, match="no package 'deel' to take out; did you mean 'deal'"):
        with_packages(scenario, minus=["deel"])
    with pytest.raises(
        ScenarioError, match=r"--plus free-trade-are: no package .* did you mean 'free-trade-area'"
    ):
        with_packages(scenario, plus=["free-trade-are"])
    with pytest.raises(
        ScenarioError, match=r"--plus free-trade-area: .*partner: no parameter of this package"
    ):
        with_packages(scenario, plus=["{package: free-trade-area, partner: JPN}"])


def test_subsets_of_packages_share_shocks_and_sum_to_the_whole(folder: Path, world: xr.Dataset) -> None:
    text = FILE.replace("shocks:", "  - {package: deal.yaml, partners: [TWN, VNM]}\nshocks:")
    scenario = read(folder, text)
    names = package_names(scenario)
    assert names == ("deal", "deal (2)", "own shocks")
    assert only_packages(scenario, names) is scenario
    for name in names:
        alone, rest = only_packages(scenario, {name}), without_packages(scenario, {name})
        assert len(alone.shocks) + len(rest.shocks) == len(scenario.shocks)
        assert set(package_names(alone)) == {name} and name not in package_names(rest)
        assert alone._policy is scenario._policy
    # A shock keeps its place in its file, whichever subset it is in.
    own = only_packages(scenario, {"own shocks", "deal (2)"})
    places = [own.origin.place(f"shocks[{n}]") for n in range(3)]
    assert [Path(p).name for p in places] == ["deal.yaml (2):7", "deal.yaml (2):11", "main.yaml:9"]
    assert apply(only_packages(scenario, set()), world).table.empty
    with pytest.raises(ScenarioError, match="no package 'deal \\(3\\)' here"):
        only_packages(scenario, {"deal (3)"})


DATED = """\
title: t
as_of: {as_of}
packages:
  - {{package: deal.yaml, partners: JPN, from: 2027-06-01, until: 2033-01-01}}
"""


@pytest.mark.parametrize(
    ("as_of", "in_force"),
    [("2027-05-31", False), ("2027-06-01", True), ("2032-12-31", True), ("2033-01-01", False)],
)
def test_a_package_is_in_force_from_its_first_day_until_the_last_is_over(
    as_of: str, in_force: bool, folder: Path, world: xr.Dataset
) -> None:
    scenario = read(folder, DATED.format(as_of=as_of))
    assert bool(scenario.shocks) == in_force
    left_out = [n for n in apply(scenario, world).notes if "package deal is left out" in n]
    assert len(left_out) == (not in_force)
    assert all("main.yaml:4: " in note for note in left_out)


def test_dates_without_a_date_to_look_at_are_noted(folder: Path) -> None:
    scenario = read(folder, DATED.format(as_of="2030-01-01").replace("as_of: 2030-01-01\n", ""))
    assert len(scenario.shocks) == 2 and len(scenario.reading_notes) == 2
    assert "'from' of package deal has no effect" in scenario.reading_notes[0]


def test_a_date_that_decides_nothing_is_noted(folder: Path) -> None:
    text = "title: t\nas_of: 2030-01-01\nshocks: [{agreement: RCEP}]\n"
    assert "main.yaml:2: 'as_of' has no effect" in read(folder, text).reading_notes[0]
    assert read(folder, DATED.format(as_of="2030-01-01")).reading_notes == ()
    assert read(folder, text.replace("as_of: 2030-01-01\n", "")).reading_notes == ()


@pytest.mark.parametrize(("as_of", "years"), [("2030-05-31", 2), ("2030-06-01", 3), ("2027-06-01", 0)])
def test_agreements_of_a_dated_package_are_as_old_as_the_package(
    as_of: str, years: int, folder: Path
) -> None:
    from scenarios.package_files import flatten
    from scenarios.yaml_lines import parse

    (folder / "deal.yaml").write_text(
        "title: in\nshocks:\n  - {agreement: RCEP}\n  - {join: CPTPP, year: 9}\n"
        "  - {agreement: RCEP, parts: barriers}\n  - {leave: USMCA}\n"
    )
    text = f"title: t\nas_of: {as_of}\npackages: [{{package: deal.yaml, from: 2027-06-01}}]\n"
    content, origin, _ = parse(text, "main.yaml", str(folder))
    assert content["as_of"] == dt.date.fromisoformat(as_of)
    shocks = flatten(content, origin).content["shocks"]
    assert [shock.get("year") for shock in shocks] == [years, 9, None, None]


@pytest.mark.parametrize(
    ("value", "unit_follows", "words"),
    [(0.5, False, "50%"), ("50%", False, "50%"), (0.07, True, "7"), ("5%", True, "5"), (3, False, "3"),
     (2.5, False, "2.5"), (["USA", "JPN", "KOR"], False, "USA, JPN and KOR"),
     (dt.date(2030, 1, 1), False, "2030-01-01")],
)  # fmt: skip
def test_values_inside_texts(value: object, unit_follows: bool, words: str) -> None:
    assert in_words(value, unit_follows=unit_follows) == words


def test_types_are_kept_and_texts_filled(folder: Path) -> None:
    (folder / "deal.yaml").write_text(
        "title: t\nparameters:\n  rise: {description: r}\n  also: {default: true, description: n}\n"
        "shocks:\n  - tariff: {add: $rise points}\n    importers: USA\n    sectors: goods\n"
        "    label: plus ${rise}\n  - tariff: {to: 0.02, negotiated: $also}\n"
        "    importers: CAN\n    sectors: goods\n"
    )
    for written, label in (("5%", "plus 5%"), ("0.05", "plus 5%"), ("5", "plus 5")):
        scenario = read(folder, f"title: t\npackages: [{{package: deal.yaml, rise: {written}}}]\n")
        assert scenario.shocks[0].tariff is not None and scenario.shocks[0].tariff.add == 0.05
        assert scenario.shocks[0].label == label
        assert scenario.shocks[1].tariff is not None and scenario.shocks[1].tariff.negotiated is True


def test_the_stored_text_holds_what_is_needed_to_run_it_again(folder: Path) -> None:
    scenario = read_scenario(folder / "main.yaml")
    text = full_text(scenario)
    assert text.startswith(FILE)
    assert parse_scenario(text, folder=folder) == scenario
    quoted = [line[2:] for line in text[len(FILE) :].splitlines()[1:]]
    assert "\n".join(quoted) + "\n" == DEAL
    changed = with_packages(scenario, minus=["deal"])
    assert full_text(changed).splitlines()[1] == "# packages: []"


def test_the_same_file_is_read_once_where_memory_is_shared(folder: Path) -> None:
    memory = Memory()
    one = read_scenario(folder / "main.yaml", memory=memory)
    known = set(memory.found)
    other = read_scenario(folder / "main.yaml", memory=memory)
    assert set(memory.found) == known and one == other == read_scenario(folder / "main.yaml")
    (folder / "deal.yaml").write_text(DEAL.replace("iceberg: -$depth", "iceberg: 1%"))
    assert read_scenario(folder / "main.yaml", memory=memory) != one


@pytest.mark.parametrize("name", sorted(package_library()))
def test_packages_of_the_library_have_a_header(name: str) -> None:
    package, origin = read_package(name)
    assert origin.file == f"{name}.yaml" and package.title and package.sources
    assert all(p.description for p in package.parameters.values())


def test_a_package_of_the_library_without_its_header_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "thin.yaml").write_text("title: thin\nshocks: [{agreement: RCEP}]\n")
    monkeypatch.setattr("scenarios.package_files.PACKAGES", tmp_path)
    with pytest.raises(ScenarioError) as caught:
        read_package("thin")
    assert [p.path for p in caught.value.problems] == ["author", "date", "description", "sources"]
    assert tmp_path != PACKAGES
