"""The page: its numbers are rows of tables, nothing is empty, nothing is trusted, nothing is overwritten."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from brief_columns import REGIONS, column

from cge.solution import Solution
from results import store
from results.compare import Comparison, compare
from results.errors import ResultsError
from results.report import appendix, files, html, key_table, write
from results.report.facts import Book, Fact, Value, dollars, magnitude, ratio
from results.report.prose import fact_markup
from results.report.reading import reading
from results.screen import number
from results.side_by_side import Column
from results.side_by_side_figures import DEFAULT, Context, figure

FREE = {"data", "time", "cite", "code", "pre", "script", "style", "title", "noscript", "h1", "h2", "h3", "h4"}
"""Elements that may hold digits."""
VOID = {"meta", "link", "br", "img", "input"}


class Prose(HTMLParser):
    """Texts outside the elements that may hold digits, and every fact with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.texts: list[str] = []
        self.facts: list[tuple[dict[str, str], str]] = []
        self.empty: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {k: v or "" for k, v in attrs}
        if tag not in VOID:
            self.open.append((tag, tag in FREE or found.get("class") == "name"))
        if tag == "data" and found.get("class") == "fact":
            self.facts.append((found, ""))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.facts and self.open and self.open[-1][0] == "data" and not self.facts[-1][1]:
            self.facts[-1] = (self.facts[-1][0], data)
        if not any(free for _, free in self.open):
            self.texts.append(data)


def parsed(page: str) -> Prose:
    found = Prose()
    found.feed(page)
    return found


@pytest.fixture(scope="module")
def one(comparison: Comparison) -> Column:
    return Column.of("a-tariff", comparison, "solved")


@pytest.fixture(scope="module")
def page(one: Column, base: Solution, scenario_of) -> str:
    still = compare(base, base, scenario_info=scenario_of(name="nothing", title="Nothing"))
    return html([one, Column.of("nothing", still, "solved")], command="cge report a-tariff nothing -o x.html")


def value_of(source: dict[str, str], tables: dict[str, dict[str, pd.DataFrame]], step: str) -> float:
    """A fact's number from the tables, by the words of its attributes."""
    if step == "ratio":
        over = json.loads(source["over"])
        return 100 * value_of(source, tables, source["part"]) / value_of(over, tables, over["step"])
    t = tables[source["result"]][source["table"]]
    for name in ("region", "sector", "partner", "indicator"):
        wanted = source[name]
        if step == "sum" and wanted == "*":
            continue
        t = t.loc[pd.Series(t[name]).isin(wanted.split(" ") if step == "sum" and " " in wanted else [wanted])]
    for name in ("term", "unit"):
        if name in source:
            t = t.loc[t[name] == source[name]]
    if step == "row":
        assert len(t) == 1, source
    change = t[source["column"]].to_numpy(dtype=float)
    kept = {"rises": change > 0, "falls": change < 0, "": change == change}[source.get("only", "")]
    return float(change[kept].sum())


def test_every_number_of_the_page_is_in_the_tables_and_printed_as_they_say(page: str, one: Column) -> None:
    found = parsed(page).facts
    assert len(found) > 50
    still = {
        name: t.assign(change=0.0, percent=0.0, counterfactual=t["baseline"])
        for name, t in one.tables.items()
    }
    tables = {"a-tariff": dict(one.tables), "nothing": still}
    for attributes, text in found:
        source = {k.removeprefix("data-"): v for k, v in attributes.items()}
        raw = value_of(source, tables, source["step"])
        assert float(source["value"]) == pytest.approx(raw, rel=1e-12, abs=1e-12), source
        shown = number(raw * float(source["scale"]), int(source["decimals"]), sign=source["sign"] == "1")
        assert text == shown, source


def test_no_digit_stands_outside_the_elements_that_say_where_it_is_from(page: str) -> None:
    assert [t.strip() for t in parsed(page).texts if re.search(r"\d", t)] == []


def test_no_section_is_empty_and_no_number_is_nan(page: str) -> None:
    sections = re.findall(r"<section[^>]*>(.*?)</section>", page, re.S)
    assert len(sections) >= 5
    for section in sections:
        assert len(re.sub(r"<[^>]*>", "", section).split()) > 10
    body = page.partition("<body>")[2].partition("<script>")[0]
    assert not re.search(r"\bnan\b|None|undefined", body)
    assert not re.search(r"<(dd|dt|td|th|li|p)[^>]*>\s*</\1>", body)


def test_a_policy_that_changes_nothing_says_so_in_one_line(page: str) -> None:
    said = page.partition('<section id="policies">')[2].partition("</section>")[0]
    assert said.count("Nothing changes") == 1 and "a-tariff" not in json.dumps(
        said.split("Nothing changes")[1]
    )
    alone = html([column("still")])
    assert alone.count("Nothing changes") == 1 and 'id="bundle"' not in alone and 'id="key"' not in alone


def test_policies_from_different_baselines_are_not_ranked() -> None:
    same = [column("a", welfare={"USA": 0.05}, cost=9.0), column("b", welfare={"USA": 0.02}, cost=5.0)]
    assert "gains most with" in html(same) and 'class="most"' in html(same)
    other = column("b", welfare={"USA": 0.02}, cost=5.0, scenario={"baseline": "in force without RCEP"})
    found = html([same[0], other])
    assert "not ranked" in found and "from baselines that differ" in found
    for word in ("gains most", 'class="most"', "of the gain of", "largest gain (", "costs most with"):
        assert word not in found, word


def test_titles_and_labels_are_never_trusted(comparison: Comparison) -> None:
    title = 'Tariffs <script>alert("x")</script> & more'
    manifest = {**comparison.manifest, "scenario": {**comparison.manifest["scenario"], "title": title}}
    found = html([Column("<b>a</b>", comparison.tables, manifest, "solved", text="</pre><script>y</script>")])
    assert "<script>alert" not in found and "<script>y" not in found and "<b>a</b>" not in found
    assert "Tariffs &lt;script&gt;" in found


def test_the_page_asks_for_nothing_from_outside(page: str) -> None:
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.S)
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']+""", own)
    assert "@import" not in own and "url(" not in own
    assert len(page.encode()) < 8_000_000
    assert page.count("Plotly.newPlot(") <= 2


def test_figures_share_what_they_have_in_common(page: str) -> None:
    bundle = json.loads(re.search(r'id="bundle">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert bundle["figures"]
    for figure_ in bundle["figures"].values():
        assert "template" not in figure_["layout"]
        assert {"font.color", "hoverlabel.bgcolor"} <= set(figure_["light"]) & set(figure_["dark"])
    assert set(re.findall(r'data-figure="([^"]+)"', page)) == set(bundle["figures"])


def test_key_figures_are_those_of_the_comparison_of_scenarios() -> None:
    """Side by side on the screen and on the page the same figure is the same number."""
    c = column(welfare={"USA": 0.05, "VNM": 0.4}, gdp=0.1, wage=0.2, jobs=(1.0, 2.0, -3.0), cost=900.0,
               created=30.0, moved=-20.0, share=0.3)  # fmt: skip
    r = reading([c])
    rows = {(row.title, row.unit): row.cells[0][0] for b in key_table.blocks(r) for row in b.rows}
    context = Context({"manufacturing": ("ELO", "TEX")}, "CHN")
    pairs = {
        "real_gdp%": ("Real GDP", "%"), "welfare_ev": ("Welfare", "USD billion, a year"),
        "welfare_ev%": ("Welfare", "% of national income"), "real_wage%": ("Real wage", "%"),
        "exports_volume%": ("Exports, volume", "%"),
        "jobs:manufacturing": ("Jobs in manufacturing", "thousand"),
        "displaced": ("Workers displaced", "thousand"),
        "adjustment_cost": ("Cost of adjustment, all displaced", "USD billion, once"),
        "adjustment_ratio": ("Cost of adjustment against the gain", "% of its present value"),
        "exports_created": ("Exports created", "USD million, a year"),
        "exports_diverted": ("Exports diverted (won from others)", "USD million, a year"),
        "dependence_direct": ("Share of China in all purchases", "points"),
        "dependence_embodied": ("Share of China, through inputs", "points"),
    }  # fmt: skip
    assert set(pairs) == set(DEFAULT)
    for name, key in pairs.items():
        theirs = float(figure(name, c.tables, context).of(c.tables).to_dict()["USA"])
        mine = rows[key].value.raw * (100 if name.startswith("dependence") else 1)
        assert mine == pytest.approx(theirs), name


def test_most_and_least_follow_what_is_printed() -> None:
    def fact(raw: float) -> Fact:
        return Fact(Value(raw, {"table": "t"}))

    assert key_table.marks([fact(1), fact(2), fact(3)], 1) == ["least", "", "most"]
    assert key_table.marks([fact(1), fact(2), fact(3)], -1) == ["most", "", "least"]
    assert key_table.marks([fact(2), fact(2), fact(1)], 1) == ["most", "most", "least"]
    assert key_table.marks([fact(-0.003), fact(-1)], 1) == ["", "least"]
    assert key_table.marks([fact(1.001), fact(1.002)], 1) == ["", ""]
    assert key_table.marks([fact(1), fact(2)], 0) == ["", ""]
    assert key_table.marks([fact(float("nan")), fact(2)], 1) == ["", ""]


def test_facts_are_found_summed_and_printed() -> None:
    book = Book(column(welfare={"USA": -0.05, "VNM": 0.4}, jobs=(5.0, 7.0, -12.0)))
    lost = book.regional("welfare_ev", "USA")
    assert (lost.raw, dollars(lost)[0].text, dollars(lost)[1]) == (-10_000.0, "-10.0", "billion")
    assert magnitude(dollars(lost)[0]).text == "10.0"
    assert book.total("jobs", "jobs", "USA").raw == 0
    assert book.total("jobs", "jobs", "USA", only="falls").raw == -12
    assert book.total("jobs", "jobs", "USA", sector="AGR ELO").raw == 12
    assert book.total("indicators", "welfare_ev", "USA VNM", sector="").raw == -8400
    part = ratio(book.regional("welfare_ev", "VNM"), lost)
    assert part.raw == pytest.approx(-16)
    assert ratio(lost, book.total("jobs", "jobs", "USA")).exists is False
    assert fact_markup(Fact(book.regional("no_such", "USA"))) == '<span class="none">n/a</span>'
    shown = fact_markup(Fact(part, decimals=0))
    assert 'data-step="ratio"' in shown and ">-16</data>" in shown and "&#34;table&#34;" in shown
    twice = replace(book.column, tables={"indicators": pd.concat([book.column.tables["indicators"]] * 2)})
    with pytest.raises(ResultsError, match="2 rows"):
        Book(twice).regional("welfare_ev", "USA")


def test_what_cannot_be_read_is_refused_with_how_to_mend_it() -> None:
    a = column("a")
    with pytest.raises(ResultsError, match="EUR: not a region here; choose from USA, CHN, VNM, MEX"):
        reading([a], "EUR")
    with pytest.raises(ResultsError, match="at least one"):
        reading([])
    with pytest.raises(ResultsError, match="named twice: a"):
        reading([a, column("a")])
    other = column("b", scenario={"baseline": "no agreements"})
    with pytest.raises(ResultsError, match=r"baseline.*Name the scenarios instead of folders"):
        reading([a, other])
    assert reading([a, column("b")], "VNM").focus == "VNM" and REGIONS[0] == reading([a]).focus


def test_the_page_is_written_whole_and_overwrites_only_its_own(one: Column, tmp_path: Path) -> None:
    target = tmp_path / "brief.html"
    assert write([one], target) == target
    first = target.read_text("utf-8")
    assert first.startswith("<!doctype html>") and files.is_brief(target)
    with pytest.raises(ResultsError, match="nowhere"):
        write([one], target, focus="nowhere")
    assert target.read_text("utf-8") == first
    assert files.put(f"{files.MARK} again", target) == target
    foreign = tmp_path / "mine.html"
    foreign.write_text("my own page")
    with pytest.raises(ResultsError, match="not a brief"):
        write([one], foreign)
    assert foreign.read_text() == "my own page"
    assert files.put(first, foreign, force=True).read_text("utf-8") == first
    for place in (tmp_path, tmp_path / "none" / "x.html"):
        with pytest.raises(ResultsError, match="folder"):
            write([one], place, force=True)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names[:2] == ["brief.html", "mine.html"] and len(names) == 3
    assert (tmp_path / names[2]).read_text() == "my own page"


def test_what_is_not_here_says_how_to_get_it() -> None:
    found = dict(appendix.missing(reading([column("a", policy={"access": True})])))
    assert found["Where welfare comes from"].startswith("not decomposed for a: run with --decompose")
    assert "cge\u00a0run solves it into a folder" in found["Who would gain from adopting the standards"]
    firms = column("a", scenario={"choices": {"structure of MVH": "melitz"}, "name": "us-joins-cptpp"})
    told = dict(appendix.missing(reading([firms])))
    assert told["Where welfare comes from"].endswith("the decomposition has no term for variety")
    assert "us-joins-cptpp" not in told.get("Who would gain from adopting the standards", "")
    assert told["Our figure beside each published one"].startswith("not made for a")


def test_folders_and_comparisons_on_disk_are_read(comparison: Comparison, tmp_path: Path) -> None:
    import cge

    for name in ("one", "two"):
        store.write(comparison, tmp_path / "both" / name)
    (tmp_path / "both" / "comparison.json").write_text(
        json.dumps({"scenarios": [{"label": "two"}, {"label": "one"}], "notes": ["They share a benchmark."]})
    )
    page = cge.report(tmp_path / "both", output=tmp_path / "b.html").read_text("utf-8")
    assert page.index("(<code>two") < page.index("(<code>one")
    assert "They share a benchmark." in page
    assert f"cge report {tmp_path / 'both'} -o" in page
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "comparison.json").write_text("{}")
    with pytest.raises(ResultsError, match="run cge compare again"):
        cge.report(tmp_path / "tables", output=tmp_path / "c.html")
