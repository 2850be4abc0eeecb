"""One outcome as one Parquet file, and the meaning of its numbers as another; every bit comes back.

A file carries a checksum of all its bytes, so that it can be trusted, or not, without any index, and before
anything in it is interpreted. Floats are stored plain: no dictionary, no statistics, no nulls, so that every
NaN, infinity and -0.0 keeps its bits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cge.app.sweeps.outcome import Outcome

FORMAT = "cge-sweep-point"
VERSION = 1
META = "cge"
SEAL, ZEROS = "cge-sweep-file sha256 with zeros here: ", b"0" * 64
ROW_COLUMNS = ("table", "region", "sector", "partner", "indicator", "unit")


class DamagedError(ValueError):
    """A file is not what was written; the message says how."""


class NewerError(ValueError):
    """A file is of a later version of this program."""


@dataclass(frozen=True)
class Point:
    """An outcome with where it belongs: ``key``, its ``engine``'s key, the hash of the engine's rows (`rows`,
    "" where nobody knew them), when (``solved_at``, ISO 8601, UTC) and on which ``host`` it came.
    """

    key: str
    engine: str
    rows: str
    outcome: Outcome
    solved_at: str = ""
    host: str = ""


def encode(point: Point) -> bytes:
    """The file of a point.

    Raises ValueError where the outcome contradicts itself: two lengths, another type than float64, numbers of
    a failed point.
    """
    outcome = point.outcome
    base, new = _numbers(outcome.baseline, "baseline"), _numbers(outcome.counterfactual, "counterfactual")
    if base.shape != new.shape:
        raise ValueError(f"an outcome with {base.size} numbers of the baseline and {new.size} of the policy")
    if outcome.status == "failed" and base.size:
        raise ValueError("a failed outcome has no numbers")
    if outcome.status not in ("solved", "failed"):
        raise ValueError(f"an outcome is solved or failed, not {outcome.status!r}")
    said = {
        "format": FORMAT, "version": VERSION, "key": point.key, "engine": point.engine, "rows": point.rows,
        "solved_at": point.solved_at, "host": point.host, "status": outcome.status, "reason": outcome.reason,
        "worst": [[str(e), str(c), float(r)] for e, c, r in outcome.worst],
        "counts": {str(k): int(v) for k, v in outcome.counts.items()},
        "seconds": {str(k): float(v) for k, v in outcome.seconds.items()},
        "notes": [str(note) for note in outcome.notes],
    }  # fmt: skip
    return _file(pa.table({"baseline": pa.array(base), "counterfactual": pa.array(new)}), said)


def decode(content: bytes) -> Point:
    """The point of a file. Raises DamagedError where it is not whole, NewerError where it cannot be known."""
    table, said = _read(content, FORMAT)
    try:
        base, new = (table.column(name).to_numpy() for name in ("baseline", "counterfactual"))
        outcome = Outcome(
            said["status"], base, new, said["reason"],
            tuple((e, c, r) for e, c, r in said["worst"]), said["counts"], said["seconds"],
            tuple(said["notes"]),
        )  # fmt: skip
        return Point(said["key"], said["engine"], said["rows"], outcome, said["solved_at"], said["host"])
    except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise DamagedError(f"something is missing in it ({error})") from error


ROWS_FORMAT = "cge-sweep-rows"


def encode_rows(engine: str, rows: pd.DataFrame) -> bytes:
    """The file of an engine's rows; their order counts, their index does not, and every label is text or
    missing. Raises ValueError as ``rows_hash``.
    """
    said = {"format": ROWS_FORMAT, "version": VERSION, "engine": engine, "rows": rows_hash(rows)}
    return _file(pa.table({name: pa.array(_labels(rows, name), pa.string()) for name in ROW_COLUMNS}), said)


def decode_rows(content: bytes, engine: str) -> pd.DataFrame:
    """The rows of a file. Raises as ``decode``, and DamagedError where they are another engine's."""
    table, said = _read(content, ROWS_FORMAT)
    try:
        frame = table.to_pandas()
        if said["engine"] != engine:
            raise DamagedError("they are of another scenario, version or machine than their name says")
        if rows_hash(frame) != said["rows"]:
            raise DamagedError("its labels are not those that were written")
    except (KeyError, TypeError, pa.ArrowException) as error:
        raise DamagedError(f"something is missing in it ({error})") from error
    return frame


SWEEP_FORMAT = "cge-sweep"


def encode_sweep(said: Mapping[str, Any], numbered: Sequence[tuple[int, str, str]]) -> bytes:
    """The file of a sweep: what is said of it, and number, key and changes (as JSON) of its points."""
    numbers, keys, changes = zip(*numbered, strict=True) if numbered else ((), (), ())
    table = pa.table(
        {"number": pa.array(numbers, pa.int64()), "key": pa.array(keys, pa.string()),
         "changes": pa.array(changes, pa.string())}
    )  # fmt: skip
    return _file(table, {**said, "format": SWEEP_FORMAT, "version": VERSION})


def decode_sweep(content: bytes) -> tuple[dict[str, Any], list[tuple[int, str, str]]]:
    """What ``encode_sweep`` was given. Raises as ``decode``."""
    table, said = _read(content, SWEEP_FORMAT)
    columns = (table.column(name).to_pylist() for name in ("number", "key", "changes"))
    return said, list(zip(*columns, strict=True))


def rows_hash(rows: pd.DataFrame) -> str:
    """Sha256 of the labels of rows, in order.

    Raises ValueError where a column is missing that says what a number is, or is there besides.
    """
    if sorted(rows.columns) != sorted(ROW_COLUMNS):
        there = ", ".join(str(c) for c in rows.columns)
        raise ValueError(f"rows of a sweep have the columns {', '.join(ROW_COLUMNS)}, not {there}")
    digest = hashlib.sha256(f"{len(rows)}\n".encode())
    for name in ROW_COLUMNS:
        digest.update(json.dumps([name, _labels(rows, name)]).encode())
    return digest.hexdigest()


def _labels(rows: pd.DataFrame, name: str) -> list[str | None]:
    return [None if pd.isna(label) else str(label) for label in rows[name].tolist()]


def _numbers(values: np.ndarray, name: str) -> np.ndarray:
    """The array itself, where it is one of float64. Anything else would come back as something else."""
    if not isinstance(values, np.ndarray) or values.dtype != np.float64 or values.ndim != 1:
        kind = f"{values.dtype}, {values.ndim} dimensions" if isinstance(values, np.ndarray) else type(values)
        raise ValueError(f"{name} of an outcome is one column of float64, not {kind}")
    return np.ascontiguousarray(values)


def _file(table: pa.Table, said: Mapping[str, Any]) -> bytes:
    """A Parquet file that holds, last in its footer, the sha256 of itself with zeros in that place."""
    stream = pa.BufferOutputStream()
    schema = pa.schema([pa.field(f.name, f.type) for f in table.schema])
    options: dict[str, Any] = {"compression": "zstd", "use_dictionary": False, "write_statistics": False}
    with pq.ParquetWriter(stream, schema, store_schema=False, **options) as writer:
        writer.write_table(table.cast(schema))
        writer.add_key_value_metadata({META: json.dumps(said), "sha256": SEAL + "0" * 64})
    content = stream.getvalue().to_pybytes()
    at = content.rindex(SEAL.encode()) + len(SEAL)
    return content[:at] + hashlib.sha256(content).hexdigest().encode() + content[at + len(ZEROS) :]


def _read(content: bytes, expected: str) -> tuple[pa.Table, dict[str, Any]]:
    """The table of a file and what is said of it; no byte is interpreted before all are verified."""
    at = content.rfind(SEAL.encode()) + len(SEAL)
    seal = content[at : at + len(ZEROS)]
    if at < len(SEAL) or hashlib.sha256(content[:at] + ZEROS + content[at + len(ZEROS) :]).hexdigest() != (
        seal.decode("latin-1")
    ):
        raise DamagedError("its content is not what was written (checksum)")
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        table = file.read(use_threads=False)
        said = json.loads((file.metadata.metadata or {})[META.encode()])
        kind, version = said["format"], said["version"]
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise DamagedError(f"it cannot be read ({error})") from error
    if kind == expected and isinstance(version, int) and version > VERSION:
        raise NewerError(f"it is of format {version}, and this program knows formats up to {VERSION}")
    if kind != expected or version != VERSION:
        raise DamagedError(f"it is no file of this kind ({kind!r}, format {version!r})")
    return table, said
