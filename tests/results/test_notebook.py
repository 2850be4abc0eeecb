"""A result shown in a notebook, whatever its texts hold."""

from __future__ import annotations

from dataclasses import replace

from results import notebook
from results.compare import Comparison, compare
from results.tidy import WORLD, pick

HOSTILE = "<script>alert(1)</script>"


def test_hostile_titles_notes_and_labels_are_escaped(comparison: Comparison, scenario_of):
    info = scenario_of(
        title=HOSTILE, description=HOSTILE, baseline=HOSTILE, region_names={"USA": HOSTILE},
        sector_names=dict.fromkeys(comparison.tables["jobs"]["sector"], HOSTILE),
    )  # fmt: skip
    shown = compare(comparison.base, comparison.new, scenario_info=info)
    shown = replace(shown, warnings=(HOSTILE,))
    html = shown._repr_html_()
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 6


def test_the_smallest_changes_are_left_out_and_counted(wide_comparison: Comparison, monkeypatch):
    monkeypatch.setattr(notebook, "REGIONS", 5)
    html = wide_comparison._repr_html_()
    welfare = pick(wide_comparison.tables["indicators"], indicator="welfare_ev")
    size = {str(r): abs(float(x)) for r, x in zip(welfare["region"], welfare["percent"], strict=True)}
    order = sorted(set(size) - {WORLD, "USA"}, key=lambda r: -size[r])
    assert "4 regions with smaller changes of welfare left out" in html
    assert [f">{r}<" in html for r in order] == [True] * 3 + [False] * 4
    assert f">{WORLD}<" in html
