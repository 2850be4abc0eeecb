"""`cge agreements`: what a reader must find, and that it fits the screen."""

import pytest
from typer.testing import CliRunner

from cge.app.cli import app
from scenarios.groups import load_groups
from scenarios.reader import AGREEMENTS, read_agreement

KNOWN = sorted(path.stem for path in AGREEMENTS.glob("*.yaml"))


def shown(*names: str) -> str:
    result = CliRunner().invoke(app, ["agreements", *names])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_list_has_every_agreement_and_the_other_groups() -> None:
    text = shown()
    assert all(name in text for name in KNOWN)
    words = " ".join(text.split())
    assert "FTAAP (21)" in words and "Chip4 (4)" in words and "NAFTA (" not in words


@pytest.mark.parametrize("name", KNOWN)
def test_one_agreement_in_80_columns(name: str) -> None:
    text, agreement = shown(name), read_agreement(name)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert agreement.title in " ".join(text.split())
    for member in load_groups().members(agreement.parties):
        assert member in text
    words = " ".join(text.replace("│", " ").split())
    for line in (*agreement.lines, *agreement.accession):
        assert str(line.confidence) in words


def test_dates_staging_and_members_outside_the_database() -> None:
    text = " ".join(shown("CPTPP").replace("│", " ").split())
    assert "2024-12-15 GBR" in text and "75.8 % at" in text and "Accession, where it differs" in text
    assert "FJI is outside the database" in shown("IPEF_supply_chain")
    assert "dairy poultry" in " ".join(shown("USMCA").replace("│", " ").split())


@pytest.mark.parametrize(
    ("name", "words"), [("CPTP", "did you mean 'CPTPP'"), ("Quad", "a group without an agreement: AUS, IND")]
)
def test_a_name_that_is_no_agreement(name: str, words: str) -> None:
    result = CliRunner().invoke(app, ["agreements", name])
    assert result.exit_code == 2
    assert words in " ".join(result.output.replace("│", " ").split())
