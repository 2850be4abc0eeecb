"""What every block must fulfil, and what composition refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cge.axes import AxisError
from cge.blocks import demand, factors, income, production, trade
from cge.equation import Block, CompositionError, compose, equation
from cge.formulation import REGISTRIES, Formulation, FormulationError
from cge.quantities import variable

BLOCKS = {b.name: b for registry in REGISTRIES.values() for b in registry.values()}
BLOCKS |= {b.name: b for b in (factors.FACTORS, income.INCOME)}
DEFAULT = (
    production.LEONTIEF,
    trade.ARMINGTON,
    demand.FINAL_DEMAND,
    factors.FACTORS,
    income.INCOME,
)


@pytest.mark.parametrize("block", BLOCKS.values(), ids=list(BLOCKS))
def test_every_equation_is_documented_with_formula_and_source(block: Block) -> None:
    for e in block.equations:
        assert e.title, e.name
        assert e.formula, e.name
        assert e.source, e.name


@pytest.mark.parametrize("block", BLOCKS.values(), ids=list(BLOCKS))
def test_every_quantity_has_unit_and_meaning(block: Block) -> None:
    for q in block.quantities:
        assert q.unit, q.name
        assert q.doc, q.name


@pytest.mark.parametrize("name", REGISTRIES["production"])
def test_every_formulation_composes(name: str) -> None:
    system = Formulation(production=name).system()
    assert set(system.names("variable")) == {e.determines for e in system.equations}


def test_unknown_names_are_refused() -> None:
    with pytest.raises(
        FormulationError, match="production: 'cubic' is not one of leontief, ces, cobb_douglas"
    ):
        Formulation(production="cubic")


def _without(block: Block, name: str) -> Block:
    return replace(block, equations=tuple(e for e in block.equations if e.determines != name))


def test_a_variable_needs_exactly_one_equation() -> None:
    with pytest.raises(CompositionError, match="no equation determines N"):
        compose([*DEFAULT[:-1], _without(income.INCOME, "N")])
    twice = replace(income.INCOME, equations=(*income.INCOME.equations, income.national_income))
    with pytest.raises(CompositionError, match="2 equations determine N"):
        compose([*DEFAULT[:-1], twice])


def test_names_must_be_declared_once() -> None:
    extra = Block("extra", (variable("py", "ri", "index", "again"),), ())
    with pytest.raises(CompositionError, match="'py' is declared twice, the second time in block 'extra'"):
        compose([*DEFAULT, extra])
    with pytest.raises(CompositionError, match="reads 'pf', which no block declares"):
        compose(DEFAULT[:3])


def test_results_must_have_the_declared_axes() -> None:
    @equation("shadow", "revenue")
    def wrong_axes(v):
        return v.py["ri"]

    with pytest.raises(AxisError, match=r"shadow\[r\] returns axes 'ri'"):
        compose([*DEFAULT, Block("shadow", (variable("shadow", "r", "index", "test"),), (wrong_axes,))])


def test_a_phase_may_not_read_a_later_one_nor_loop() -> None:
    @equation("early", "price")
    def reads_quantity(v):
        return v.y["ri"]

    with pytest.raises(CompositionError, match=r"'early' \(price phase\) reads 'y' of a later phase"):
        compose([*DEFAULT, Block("early", (variable("early", "ri", "index", "test"),), (reads_quantity,))])

    @equation("egg", "revenue")
    def egg(v):
        return v.hen["r"]

    @equation("hen", "revenue")
    def hen(v):
        return v.egg["r"]

    names = (variable("egg", "r", "index", "test"), variable("hen", "r", "index", "test"))
    with pytest.raises(CompositionError, match="phase 'revenue': loop among egg, hen"):
        compose([*DEFAULT, Block("loop", names, (egg, hen))])
