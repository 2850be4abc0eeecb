"""Where the raw public files are: an argument, CGE_RAW_DATA, or ../shared/data."""

from __future__ import annotations

import os
from pathlib import Path

from calibration.sources.oecd import SourceError

DEFAULT = Path("../shared/data")


def raw_folder(given: Path | None = None) -> Path:
    """Folder of the raw files: `given`, else the environment's CGE_RAW_DATA, else ../shared/data.

    Raises SourceError when it is not there.
    """
    folder = given or Path(os.environ.get("CGE_RAW_DATA") or DEFAULT)
    if not folder.is_dir():
        raise SourceError(
            f"the raw public data are not in {folder}; they are not part of the package: name their folder "
            "with --raw or in CGE_RAW_DATA"
        )
    return folder
