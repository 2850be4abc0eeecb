"""Ctrl-C at moments when Python must not be broken off, and the batch system's signal taken for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@contextmanager
def held() -> Iterator[None]:
    """Ctrl-C waits until the block ends; then KeyboardInterrupt is raised.

    An import that is broken off inside a compiled module aborts the whole process. Where Ctrl-C is not
    Python's own (another handler, another thread), nothing changes.
    """
    own = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not own or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if came:
        raise KeyboardInterrupt


@dataclass
class Ended:
    """Whether SIGTERM came."""

    came: bool = False


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[Ended]:
    """SIGTERM, with which batch systems end a job, is Ctrl-C inside the block, wherever that is held back.

    In another thread than the main one nothing changes.
    """
    found = Ended()
    if threading.current_thread() is not threading.main_thread():
        yield found
        return

    def forward(number: int, frame: Any) -> None:
        found.came = True
        own = signal.getsignal(signal.SIGINT)
        if not callable(own):  # ignored, as shells have it for what they start in the background
            raise KeyboardInterrupt
        own(signal.SIGINT, frame)

    before = signal.signal(signal.SIGTERM, forward)
    try:
        yield found
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def sigterm_held() -> Iterator[None]:
    """SIGTERM waits until the block ends, where `sigterm_as_ctrl_c` or another handler takes it."""
    own = signal.getsignal(signal.SIGTERM)
    if not callable(own) or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, own)
    if came:
        signal.raise_signal(signal.SIGTERM)
