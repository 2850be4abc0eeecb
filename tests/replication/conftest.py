from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def raw_part(name: str) -> Path:
    """The raw data folder, or a skip that says what is missing."""
    folder = Path(os.environ.get("CGE_RAW_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / name).is_dir():
        pytest.skip(f"{folder / name} is not there; raw public data are not packaged: set CGE_RAW_DATA")
    return folder


@pytest.fixture(scope="session")
def cp_raw() -> Path:
    return raw_part("caliendo_parro_2015")


@pytest.fixture(scope="session")
def wiod_raw() -> Path:
    return raw_part("wiod_2013_release")
