"""Numbers of this part of the library: as they are stored, and as an economist expects them."""

from __future__ import annotations

import library_runs as runs
import pytest

pytestmark = pytest.mark.slow
PART = "usa"


@pytest.mark.parametrize("case", runs.cases(runs.PARTS[PART]))
def test_the_case_is_as_stored(case: str) -> None:
    runs.check_or_write(PART, case)


@pytest.mark.parametrize(("claim", "index"), runs.claims_of(runs.PARTS[PART]))
def test_the_case_is_as_an_economist_expects(claim: str, index: int) -> None:
    right, said = runs.holds(PART, index)
    assert right, said
