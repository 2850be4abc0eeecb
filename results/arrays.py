"""A solution as plain arrays (`cge.plain`), which every formula of `results` takes as well as xarray."""

from __future__ import annotations

from dataclasses import dataclass

from cge.plain import (
    Dims,
    Labelled,
    Plain,
    Plains,
    World,
    known,
    labels_where,
    like,
    namespace,
    plain,
    where,
)

__all__ = [
    "Dims",
    "Labelled",
    "Plain",
    "Plains",
    "Side",
    "World",
    "known",
    "labels_where",
    "like",
    "namespace",
    "plain",
    "where",
]


@dataclass(frozen=True)
class Side:
    """One solution as plain arrays: ``v`` its values, ``b`` the benchmark accounts that they refer to."""

    v: Plains
    b: Plains

    @property
    def world(self) -> World:
        """The labels of both."""
        return self.v.world
