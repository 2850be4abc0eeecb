"""Every file in bad/ is refused with exactly the messages of the .txt beside it."""

import os
from pathlib import Path

import pytest

from scenarios.apply import check
from scenarios.problems import ScenarioError
from scenarios.reader import read_scenario

BAD = Path(__file__).parent / "bad"


@pytest.mark.parametrize("name", sorted(p.stem for p in BAD.glob("*.yaml")))
def test_messages(name: str, regions: list[str], sectors: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(ScenarioError) as caught:
        check(read_scenario(f"{name}.yaml"), regions, sectors)
    expected = BAD / f"{name}.txt"
    if os.environ.get("CGE_REWRITE_BAD"):
        expected.write_text(f"{caught.value}\n", encoding="utf-8")
    assert f"{caught.value}\n" == expected.read_text(encoding="utf-8")


def test_every_message_file_has_its_scenario() -> None:
    assert {p.stem for p in BAD.glob("*.txt")} == {p.stem for p in BAD.glob("*.yaml")}


def test_every_problem_has_file_line_and_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(ScenarioError) as caught:
        read_scenario("all_at_once.yaml")
    assert len(caught.value.problems) == 7
    for problem in caught.value.problems:
        assert problem.file == "all_at_once.yaml" and problem.line and problem.path and problem.message


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "picture.yaml"
    file.write_bytes(b"\xff\xfe\x00title")
    with pytest.raises(ScenarioError, match="not a UTF-8 text file"):
        read_scenario(file)


def test_a_folder_and_a_name_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="a folder"):
        read_scenario(tmp_path)
    with pytest.raises(ScenarioError, match="did you mean 'us-joins-cptpp'"):
        read_scenario("us-joins-cptp")
    with pytest.raises(ScenarioError, match="no such file"):
        read_scenario(tmp_path / "none.yaml")
