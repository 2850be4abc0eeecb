"""Lists of named arrays saved by R (``save``, format RDX2 or RDX3): what pyreadr does not read.

The file is a compressed stream of R's own serialisation in network byte order. Only what tables of
numbers need is read: lists, vectors of numbers and strings, their names, dims and dimnames.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from pathlib import Path
from typing import Any

import numpy as np

from calibration.sources.oecd import SourceError

_COMPRESSIONS = {b"BZh": bz2.decompress, b"\x1f\x8b": gzip.decompress, b"\xfd7zXZ": lzma.decompress}
_NUMBERS = {10: ">i4", 13: ">i4", 14: ">f8"}
_NIL, _REFERENCE, _SYMBOL, _PAIRS, _CHARACTERS, _STRINGS, _LIST = 254, 255, 1, 2, 9, 16, 19


def read_rdata(path: Path) -> dict[str, Any]:
    """Objects of an RData file by name: lists as dicts by name, arrays as numpy with ``(values, dimnames)``.

    Raises SourceError for a file that is missing, not RData, or holds a kind of object not read here.
    """
    if not path.exists():
        raise SourceError(f"{path} is missing; give the raw data folder with --raw")
    packed = path.read_bytes()
    for magic, decompress in _COMPRESSIONS.items():
        if packed.startswith(magic):
            packed = decompress(packed)
    if packed[:7] not in (b"RDX2\nX\n", b"RDX3\nX\n"):
        raise SourceError(f"{path}: not an RData file in R's binary format")
    stream = _Stream(packed, path)
    stream.at = 7
    version = stream.integer()
    stream.at += 8
    if version == 3:
        stream.at += stream.integer()
    return {str(k): _plain(v) for k, v in stream.pairs()}


class _Stream:
    """A position in the serialised bytes, and the symbols seen so far."""

    def __init__(self, data: bytes, path: Path) -> None:
        self.data, self.path, self.at = data, path, 0
        self.symbols: list[str] = []

    def integer(self) -> int:
        (value,) = struct.unpack_from(">i", self.data, self.at)
        self.at += 4
        return value

    def pairs(self) -> list[tuple[str, Any]]:
        """A pairlist, from its first flag word to the closing nil."""
        found = []
        while (flags := self.integer()) & 0xFF == _PAIRS:
            if flags & 0x200:
                self.pairs()
            tag = str(self.item()) if flags & 0x400 else ""
            found.append((tag, self.item()))
        return found

    def item(self) -> Any:
        flags = self.integer()
        kind, tagged = flags & 0xFF, bool(flags & 0x200)
        if kind == _NIL:
            return None
        if kind == _REFERENCE:
            return self.symbols[((flags >> 8) or self.integer()) - 1]
        if kind == _SYMBOL:
            self.symbols.append(str(self.item()))
            return self.symbols[-1]
        if kind == _PAIRS:
            self.at -= 4
            return self.pairs()
        if kind == _CHARACTERS:
            return self._characters()
        value = self._vector(kind)
        return (value, dict(self.pairs())) if tagged else (value, {})

    def _characters(self) -> str | None:
        length = self.integer()
        if length < 0:
            return None
        text = self.data[self.at : self.at + length]
        self.at += length
        return text.decode("utf-8", errors="replace")

    def _vector(self, kind: int) -> Any:
        length = self.integer() if kind in (_STRINGS, _LIST, *_NUMBERS) else 0
        if kind in (_STRINGS, _LIST):
            return [self.item() for _ in range(length)]
        if kind not in _NUMBERS:
            raise SourceError(f"{self.path}: R object of type {kind} is not read here (byte {self.at})")
        values = np.frombuffer(self.data, _NUMBERS[kind], length, self.at)
        self.at += values.nbytes
        return values.astype(values.dtype.newbyteorder("="))


def _plain(item: Any) -> Any:
    """A list with names as dict, an array as (values in R's shape, dimnames), a string vector as list."""
    if item is None:
        return None
    value, attributes = item
    if isinstance(value, list) and value and isinstance(value[0], tuple | type(None)):
        names = attributes.get("names", (list(map(str, range(len(value)))), {}))[0]
        return {str(n): _plain(v) for n, v in zip(names, value, strict=True)}
    if "dim" not in attributes:
        return value
    shape = tuple(int(n) for n in attributes["dim"][0])
    names = _plain(attributes["dimnames"]) if "dimnames" in attributes else {}
    return np.reshape(value, shape, order="F"), list(names.values())
