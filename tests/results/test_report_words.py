"""Sentences of the brief agree with the signs of the numbers in them, whatever these are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import pandas as pd
import pytest
from brief_columns import USD, column, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from results.report import (
    summary,
    words_compensation,
    words_dependence,
    words_jobs,
    words_packages,
    words_parts,
    words_trade,
    words_welfare,
)
from results.report.prose import Sentence, plain
from results.report.reading import Reading, reading
from results.side_by_side import Column

signed = st.one_of(st.just(0.0), st.floats(-3, 3), st.floats(-0.009, 0.009))
labels = ("one", "two", "three")


def text(found: Sentence | Iterable[Sentence]) -> str:
    """The words of one sentence or of several."""
    parts = list(found)
    if parts and isinstance(parts[0], tuple):
        return " ".join(plain(s) for s in parts)  # type: ignore[arg-type]
    return plain(parts)  # type: ignore[arg-type]


def one(**numbers: object) -> tuple[Reading, object]:
    r = reading([column(**numbers)])  # type: ignore[arg-type]
    return r, r.books[0]


def of_usa(percent: float) -> str:
    r = reading([column(welfare={"USA": percent})])
    return text(words_welfare.of_region(r, r.books[0], "USA"))


def test_a_gain_a_loss_and_hardly_anything_of_the_focus() -> None:
    assert (
        of_usa(0.05)
        == "The United States gains 0.05\u00a0% of its national income, USD\u00a010.0\u00a0billion a year."
    )
    assert (
        of_usa(-0.05)
        == "The United States loses 0.05\u00a0% of its national income, USD\u00a010.0\u00a0billion a year."
    )
    assert (
        of_usa(0.004)
        == "The welfare of the United States hardly changes (USD\u00a0+800\u00a0million a year)."
    )
    assert of_usa(0.0) == "The welfare of the United States hardly changes."


@given(signed, signed, signed, signed)
@settings(max_examples=25, deadline=None)
def test_no_word_contradicts_its_number(usa: float, vnm: float, chn: float, gdp: float) -> None:
    welfare = {"USA": usa, "VNM": vnm, "CHN": chn}
    found = column(welfare=welfare, gdp=gdp, wage=-gdp, jobs=(usa, -usa, 0.0), cost=1000 * abs(usa),
                   created=usa * 5000, moved=gdp * 5000, share=vnm / 10)  # fmt: skip
    r = reading([found])
    said = " ".join(plain(s) for p in summary.parts(r)[0].points for s in p.sentences)
    assert not re.search(r"(gains?|loses?|by|add|take|wins|most of all|cost|worth) (USD\u00a0)?[-+]", said), (
        said
    )
    assert "nan" not in said and "n/a" not in said and "+-" not in said
    focus = of_usa(usa)
    assert ("gains" in focus) == (round(usa, 2) > 0) and ("loses" in focus) == (round(usa, 2) < 0)
    assert ("hardly" in focus) == (abs(round(usa, 2)) == 0)


@pytest.mark.parametrize(
    ("gdp", "wage", "words"),
    [
        (0.2, 0.1, "Its real GDP rises by 0.20\u00a0% and its average real wage rises by 0.10\u00a0%."),
        (-0.2, 0.1, "Its real GDP falls by 0.20\u00a0% while its average real wage rises by 0.10\u00a0%."),
        (0.0, 0.0, "Its real GDP hardly changes and its average real wage hardly changes."),
    ],
)
def test_income_and_wages(gdp: float, wage: float, words: str) -> None:
    r = reading([column(gdp=gdp, wage=wage)])
    assert text(words_welfare.income_and_wages(r, r.books[0])) == words


def test_partners_and_third_countries_stand_apart() -> None:
    r = reading([column(welfare={"VNM": 0.5, "MEX": -0.2, "CHN": -0.1}, parties=("USA", "VNM"))])
    assert text(words_welfare.of_partners(r, r.books[0])).startswith("Viet Nam gains 0.50")
    outside = text(words_welfare.of_outsiders(r, r.books[0]))
    assert outside.startswith("Among third countries, all lose, Mexico (-0.20") and "Viet Nam" not in outside
    assert (
        "In sum they lose USD\u00a021.0\u00a0billion; the largest loss in money is that of China" in outside
    )
    everyone = reading([column(parties=("USA", "VNM", "MEX", "CHN"))])
    assert words_welfare.of_outsiders(everyone, everyone.books[0]) == []
    assert "hardly any gains or loses" in text(words_welfare.of_partners(everyone, everyone.books[0]))
    mixed = reading([column(welfare={"VNM": 0.5, "MEX": -0.2}, parties=("USA", "VNM", "MEX"))])
    assert "one gains, Viet Nam (+0.50\u00a0%); one loses, Mexico (-0.20\u00a0%)" in text(
        words_welfare.of_partners(mixed, mixed.books[0])
    )


def test_jobs_of_a_policy_that_moves_some_and_of_one_that_moves_none() -> None:
    r = reading([column(jobs=(5.0, 7.0, -12.0))])
    said = text(words_jobs.sectors(r, r.books[0]))
    assert "gain 12.0\u00a0thousand jobs" in said and "lose 12.0\u00a0thousand" in said
    assert "gain is in electronics (+7.0" in said and "loss is in textiles (-12.0" in said
    still = reading([column()])
    assert text(words_jobs.sectors(still, still.books[0])) == "Hardly any job moves between sectors."
    assert "held fixed by assumption" in text(words_jobs.employment(still, still.books[0]))
    more = reading([column(employment=-30.0)])
    assert "falls by 30.0" in text(words_jobs.employment(more, more.books[0]))


@pytest.mark.parametrize(
    ("welfare", "words"),
    [
        (0.05, "Counting all, that is 5.9\u00a0% of the gain (range 2.9 to 11.8), which is worth"),
        (0.0001, "Counting all, that is more than the gain is worth: 2,941.2\u00a0%"),
        (0.0, "There is no gain to set it against."),
        (
            -0.05,
            "no gain to set the cost of adjustment against: welfare falls by USD\u00a085.0\u00a0billion",
        ),
    ],
)
def test_the_cost_of_adjustment_stands_against_the_gain(welfare: float, words: str) -> None:
    r = reading([column(welfare={"USA": welfare}, jobs=(0.0, 5.0, -5.0), cost=5000.0)])
    said = text(words_jobs.cost(r, r.books[0]))
    assert said.startswith("Adjustment costs USD\u00a05.0\u00a0billion once (range 2.5 to 10.0)")
    assert words in said


def test_no_adjustment_costs_nothing() -> None:
    r = reading([column(welfare={"USA": 1.0})])
    assert text(words_jobs.cost(r, r.books[0])) == "Adjustment costs hardly anything."
    assert text(words_jobs.displaced(r, r.books[0])) == "Hardly any worker is displaced."


@pytest.mark.parametrize(
    ("created", "moved", "words"),
    [
        (500, 200, "Growing markets add USD 500 million to its exports; it wins USD 200 million from other"),
        (-500, -200, "Shrinking markets take USD 500 million from its exports; it loses USD 200 million to"),
        (0, -200, "It loses USD 200 million to other suppliers."),
        (0, 0, "Its exports hardly change."),
    ],
)  # fmt: skip
def test_exports_created_and_diverted(created: float, moved: float, words: str) -> None:
    r = reading([column(created=created, moved=moved)])
    assert text(words_trade.exports(r, r.books[0])).replace("\u00a0", " ").startswith(words)


def test_imports_created_destroyed_and_moved() -> None:
    r = reading([column(created=500.0, moved=200.0)])
    said = text(words_trade.imports(r, r.books[0])).replace("\u00a0", " ")
    assert "rise by USD 500 million a year (trade created); purchases worth USD 200 million move" in said
    less = reading([column(created=-500.0)])
    assert "fall by USD\u00a0500\u00a0million a year (trade destroyed); hardly any purchases move" in text(
        words_trade.imports(less, less.books[0])
    )


def test_dependence_rises_falls_and_stays() -> None:
    cases = ((0.5, "rises from 2.00 to 2.50"), (-0.5, "falls from 2.00 to 1.50"), (0.001, "stays at 2.00"))
    for share, words in cases:
        r = reading([column(share=share)])
        assert words in text(words_dependence.dependence(r, r.books[0])).replace("\u00a0", " ")
    china = reading([column(share=0.5)], "CHN")
    assert words_dependence.dependence(china, china.books[0]) == []


def packages(*welfare: float, cost: float = 1000.0) -> Reading:
    found: list[Column] = [
        column(labels[k], welfare={"USA": w}, jobs=(0.0, 5.0, -5.0), cost=cost * (k + 1))
        for k, w in enumerate(welfare)
    ]
    return reading(found)


def test_the_best_of_several_is_named_and_the_others_after_it() -> None:
    said = text(words_packages.gain(packages(0.01, 0.05, -0.02)))
    assert said == (
        "The United States gains most with “two”: USD\u00a0+10.0\u00a0billion a year. "
        "With “one” it gains USD\u00a02.0\u00a0billion; with “three” it loses USD\u00a04.0\u00a0billion."
    )


def test_when_no_package_gains_that_is_said() -> None:
    assert text(words_packages.gain(packages(-0.05, -0.01))).startswith(
        "The United States gains with none of them: it loses least with “two”, USD\u00a02.0\u00a0billion"
    )
    assert text(words_packages.gain(packages(0.001, -0.05))).startswith(
        "The United States gains visibly with none of them: welfare hardly changes with “one” (USD\u00a0+0.2"
    )
    lost = packages(-0.05, -0.01)
    assert words_packages.share_of_best(lost) == []


def test_a_tie_names_all_who_share_it() -> None:
    assert text(words_packages.gain(packages(0.05, 0.05, 0.01))).startswith(
        "The United States gains most with “one” and “two”: USD\u00a0+10.0\u00a0billion a year each."
    )


def test_a_share_of_the_best_gain_stands_next_to_its_share_of_the_cost() -> None:
    said = text(words_packages.share_of_best(packages(0.05, 0.01, -0.01)))
    assert said == (
        "With “two” comes 20\u00a0% of the gain of “one”, at 200\u00a0% of its cost of adjustment."
    )


def test_a_gain_at_the_expense_of_the_others_is_said() -> None:
    r = reading([column("one", welfare={"USA": 0.05, "CHN": -0.2}), column("two", welfare={"USA": -0.01})])
    assert "with “one” the United States gains and the others together lose more than it gains" in text(
        words_packages.world(r)
    )


@given(st.lists(signed, min_size=2, max_size=3))
@settings(max_examples=15, deadline=None)
def test_a_comparison_never_praises_a_loss(welfare: list[float]) -> None:
    r = packages(*welfare)
    lead = text(words_packages.gain(r))
    assert ("gains most with" in lead) == (max(round(w, 2) for w in welfare) > 0)
    for label, w in zip(labels, welfare, strict=False):
        if round(w, 2) < 0:
            assert f"with “{label}” it gains" not in lead.lower()
        if round(w, 2) > 0:
            assert f"with “{label}” it loses" not in lead.lower()
    assert not re.search(r"(it gains|it loses|least with .*,) USD\u00a0[-+]", lead)


def test_a_region_of_several_countries_takes_a_plural_verb() -> None:
    manifest = column().manifest
    names = {"USA": "Canada and Mexico", "CHN": "China", "VNM": "Viet Nam", "MEX": "Rest of the world"}
    members = {"USA": ["CAN", "MEX"], "CHN": ["CHN"], "VNM": ["VNM"], "MEX": ["BOL", "CUB"]}
    named = {**manifest, "labels": {**manifest["labels"], "regions": names, "members": members}}
    found = [replace(column(n, welfare={"USA": w, "MEX": -0.1}), manifest=named)
             for n, w in (("one", -0.05), ("two", -0.02))]  # fmt: skip
    r = reading(found)
    assert text(words_welfare.of_region(r, r.books[0], "USA")).startswith(
        "Canada and Mexico lose 0.05\u00a0% of their national income"
    )
    assert text(words_welfare.of_region(r, r.books[0], "MEX")).startswith("The rest of the world loses")
    assert text(words_packages.gain(r)).startswith(
        "Canada and Mexico gain with none of them: they lose least"
    )


@pytest.mark.parametrize(
    ("focus", "policy", "words"),
    [
        ("CHN", {}, ("those who take part", "the others outside")),
        ("USA", {"tariffs": "raised"}, ("the other side", "third countries")),
        ("USA", {"movers": ["USA"]}, ("those whose exports it touches", "those it does not touch")),
        ("USA", {}, ("partners", "third countries")),
    ],
)
def test_who_stands_beside_the_focus_is_called_what_it_is(
    focus: str, policy: dict[str, object], words: tuple[str, str]
) -> None:
    c = column(welfare={"USA": -0.1, "VNM": 0.5, "MEX": -0.3})
    told = {**c.manifest["policy"], **policy}
    r = reading([replace(c, manifest={**c.manifest, "policy": told})], focus)
    assert r.sides(r.books[0]) == words
    if focus == "CHN":
        said = text(words_welfare.of_partners(r, r.books[0]))
        assert "the largest loss in money is that of the United States (USD\u00a0-20.0" in said
        assert "China does not take part." in text(words_welfare.of_outsiders(r, r.books[0]))


def test_both_readings_of_the_cost_retraining_and_lost_revenue_are_told_with_ranges() -> None:
    c = column(welfare={"USA": 0.05}, jobs=(0.0, 5.0, -5.0), cost=5000.0)
    more = [("USA", "", "", f"{n}_{s}", "USD million", 0.0, x * k)
            for n, x in (("adjustment_cost", 100.0), ("retraining_cost", 2000.0),
                         ("retraining_participants", 3.0), ("payback_years", 4.0))
            for s, k in (("low", 0.5), ("central", 1.0), ("high", 2.0))]  # fmt: skip
    own = rows([("USA", "", "", "tariff_revenue", "USD million", 100.0, -60.0)])
    tables = {**c.tables, "adjustment": pd.concat([c.tables["adjustment"], rows(more)], ignore_index=True),
              "indicators": pd.concat([c.tables["indicators"], own], ignore_index=True)}  # fmt: skip
    choices = {**c.manifest["scenario"], "choices": {"replacement": "lump_sum"}}
    r = reading([replace(c, tables=tables, manifest={**c.manifest, "scenario": choices})])
    said = text(words_jobs.cost(r, r.books[0])).replace("\u00a0", " ")
    assert "beyond normal attrition it is USD 100 million (range 50 to 200)." in said
    assert "pays that cost back in 4.0 years (range 2.0 to 8.0)" in said
    assert (
        "Retraining 3.0 thousand of the displaced (1.5 to 6.0) costs USD 2.0 billion (range 1.0 to 4.0)"
        in said
    )
    assert text(words_welfare.revenue(r, r.books[0])).replace("\u00a0", " ") == (
        "Its tariff revenue falls by USD 60 million a year, made up by households in a lump sum; the real "
        "wage is before that."
    )


def test_the_parts_of_a_package_that_bring_and_that_cost_most_are_named() -> None:
    r = reading([column("mix")])
    rows = [
        ("mix", p, "welfare_ev", "USA", x) for p, x in (("deal", -900.0), ("subsidy", 2400.0), ("rest", 5.0))
    ]
    packages = pd.DataFrame(rows, columns=["scenario", "package", "indicator", "region", "marginal"])
    said = text(words_parts.parts(r, r.books[0], packages)).replace("\u00a0", " ")
    assert said == (
        "Of its parts, added one after the other, the one that adds most to its welfare is subsidy (USD 2.4 "
        "billion) and the one that takes most from it is deal (USD 0.9 billion)."
    )
    gains = packages.assign(marginal=[900.0, 2400.0, 5.0])
    assert "takes most" not in text(words_parts.parts(r, r.books[0], gains))
    assert words_parts.parts(r, r.books[0], None) == []
    assert (
        "none of its parts" in text(words_parts.parts(r, r.books[0], packages.assign(marginal=0.0))).lower()
    )


def compensated(
    gross: float, net: float, burden: float, losses: float = 0.0, long: float | None = None
) -> str:
    c = column(welfare={"USA": 0.05})
    names = ("gain_gross", "gain_net", "compensation_excess_burden", "compensation_real_losses")
    values = (gross, net, burden, losses)
    found = [("USA", "", "", n, USD, 0.0, x) for n, x in zip(names, values, strict=True)]
    if long is not None:
        found.append(("USA", "", "", "compensation_net_share_long_run", "percent", 0.0, long))
    r = reading([replace(c, tables={**c.tables, "compensation": rows(found)})])
    return text(words_compensation.compensation(r, r.books[0])).replace("\u00a0", " ")


def test_what_compensation_leaves_of_the_gain() -> None:
    assert compensated(5000.0, 3000.0, 200.0, 1800.0, 90.0) == (
        "When the displaced are paid inside the model, the welfare change of USD +5.0 billion a year before "
        "paying becomes USD +3.0 billion in each of the first years (the horizon); the welfare above is "
        "after paying, and present values and shares here are of the gain before it. Work that is lost "
        "between jobs and to lower earnings costs USD 1.8 billion a year. Beyond what it raises, the levy "
        "costs USD 200 million a year (its burden). Were the gain to last for ever and these costs "
        "to end with the horizon, 90.0 % of the gain would be left in the long run."
    )
    assert "Nothing of the gain is left in those years." in compensated(5000.0, -1000.0, 0.0)
    cheap = compensated(5000.0, 4000.0, -200.0)
    assert "no burden: it costs USD 200 million a year less than it raises." in cheap
    assert "Work that is lost" not in cheap and "long run" not in cheap
    assert "hardly changes" in compensated(0.0, 0.0, 0.0)
    r = reading([column()])
    assert words_compensation.compensation(r, r.books[0]) == []


def test_names_that_are_no_proper_names_stand_in_small_letters() -> None:
    manifest = column().manifest
    names = {"USA": "United States", "CHN": "Rest of Asia", "VNM": "Other CPTPP economies", "MEX": "Mexico"}
    named = {**manifest, "labels": {**manifest["labels"], "regions": names}}
    r = reading([replace(column(), manifest=named)])
    said = [r.labels.place(x).text for x in ("USA", "CHN", "VNM", "MEX", "WORLD")]
    assert said == [
        "the United States",
        "the rest of Asia",
        "the other CPTPP economies",
        "Mexico",
        "the world",
    ]
