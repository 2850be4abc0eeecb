"""What is named, with folders of comparisons as the results in them: their labels, packages and notes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scenarios.reader import library
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from results.side_by_side import Column

Named = str | Path | Scenario


@dataclass(frozen=True)
class Kept:
    """A result on disk and the label that it stands under."""

    label: str
    folder: Path

    def column(self) -> Column:
        """Its tables and manifest, verified. Raises ResultsError."""
        from results.side_by_side import Column
        from results.store import read

        return Column.of(self.label, read(self.folder), "read")


@dataclass(frozen=True)
class Unfolded:
    """``names`` in order, each result on disk as Kept; ``packages``: of the comparisons among them, by label;
    ``notes``: theirs.
    """

    names: tuple[str | Path | Scenario | Kept, ...]
    packages: tuple[pd.DataFrame, ...] = ()
    notes: tuple[str, ...] = ()


def result_folder(name: Named) -> Path | None:
    """The folder that is named, None for a scenario; a scenario of the library comes first."""
    if isinstance(name, Scenario):
        return None
    path = Path(name)
    return path if path.is_dir() and str(name) not in library() else None


def unfolded(what: Sequence[Named], taken: Iterable[str] = ()) -> Unfolded:
    """What is named, with folders as results: a folder of a result under its name, a folder of a comparison
    as the results in it under the labels they had there; a label that occurs twice, or is ``taken`` by
    another, becomes the path.

    Raises ResultsError on a comparison without whole results.
    """
    names: list[str | Path | Scenario | Kept] = []
    used = set(taken)
    packages: list[pd.DataFrame] = []
    notes: list[str] = []
    for one, folder in [(one, result_folder(one)) for one in what]:
        if folder is None:
            names.append(one)
            continue
        content = _comparison(folder)
        if content is None:
            names.append(_kept(Kept(folder.name, folder), used))
            continue
        mine = {k.label: _kept(k, used) for k in _inside(folder, content)}
        names += mine.values()
        notes += [str(n) for n in content.get("notes", ())]
        packages += _packages(folder, {old: k.label for old, k in mine.items()})
    return Unfolded(tuple(names), tuple(packages), tuple(dict.fromkeys(notes)))


def _kept(one: Kept, used: set[str]) -> Kept:
    """The result under a label that is free, which is then used."""
    out = Kept(str(one.folder), one.folder) if one.label in used else one
    used.add(out.label)
    return out


def _comparison(folder: Path) -> dict[str, Any] | None:
    """What the folder says of its comparison; None where it is none."""
    from results.side_by_side_files import COMPARISON

    path = folder / COMPARISON
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def _inside(folder: Path, content: Mapping[str, Any]) -> list[Kept]:
    """The results in the folder of a comparison, in its order."""
    from results.errors import ResultsError
    from results.store import MANIFEST

    entries = content.get("scenarios", ())
    found = [Kept(str(e["label"]), folder / Path(str(e.get("folder", e["label"]))).name) for e in entries]
    missing = [k.label for k in found if not (k.folder / MANIFEST).is_file()]
    if missing or not found:
        raise ResultsError(
            f"{folder} holds tables but no whole results{' of ' * bool(missing)}{', '.join(missing)}: "
            "run cge compare again, or name the scenarios"
        )
    return found


def _packages(folder: Path, labels: Mapping[str, str]) -> list[pd.DataFrame]:
    from results.side_by_side_files import PACKAGES

    path = folder / PACKAGES
    if not path.is_file():
        return []
    found = pd.read_csv(path, keep_default_na=False, na_values={"marginal": [""], "cumulative": [""]})
    scenario = [labels.get(str(s), str(s)) for s in found["scenario"]]
    return [found.assign(scenario=scenario)]
