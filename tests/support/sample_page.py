"""A small page as the brief's conventions ask for it, with its results: checks of pages are tried on it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from results.tidy import COLUMNS

PAGE = Path(__file__).with_name("sample_page.html")
GDP = 0.0634127


def sample_results(folder: Path) -> Path:
    """Tables of an invented result."""
    folder.mkdir(parents=True)
    rows = [
        ("USA", "", "", "real_gdp", "USD million", 100.0, 100.0 + GDP, GDP, GDP),
        ("USA", "C26", "", "jobs", "thousand persons", 50.0, 53.5, 3.5, 7.0),
        ("USA", "C13", "", "jobs", "thousand persons", 20.0, 18.0, -2.0, -10.0),
    ]
    pd.DataFrame(rows, columns=COLUMNS).to_parquet(folder / "indicators.parquet")
    return folder


def fact(text: str, value: float, *, sector: str = "", indicator: str = "jobs", decimals: int = 1) -> str:
    return (
        f'<data class="fact" value="{value!r}" data-result="one" data-table="indicators" data-region="USA" '
        f'data-sector="{sector}" data-partner="" data-indicator="{indicator}" data-column="change" '
        f'data-step="row" data-scale="1" data-decimals="{decimals}" data-sign="1">{text}</data>'
    )


DRAWN = """<div class="js-plotly-plot" id="jobs-plot" role="img" aria-label="Electronics gain, others lose.">
<svg class="main-svg" width="320" height="160" viewBox="0 0 320 160">
<g class="barlayer mlayer"><g class="point"><path d="M60,20h100v30h-100z" fill="#0b5cad"/></g>
<g class="point"><path d="M60,70h60v30h-60z" fill="#9a4a00"/></g></g>
<text x="2" y="40" font-size="12">C26</text><text x="2" y="90" font-size="12">C13</text>
<text x="100" y="150" font-size="12">thousand persons</text></svg></div>"""

LIVE = """<div id="jobs-plot" role="img" aria-label="Electronics gain, textiles lose."></div>
<script>{{LIBRARY}}</script>
<script>
const colour = () => getComputedStyle(document.body).color;
Plotly.newPlot('jobs-plot',
  [{type: 'bar', orientation: 'h', y: ['C26', 'C13'], x: [3.5, -2],
    hovertemplate: '%{y}: %{x:+.1f}<extra></extra>'}],
  {height: 220, margin: {l: 60, r: 20, t: 10, b: 50}, paper_bgcolor: 'rgba(0,0,0,0)',
   plot_bgcolor: 'rgba(0,0,0,0)', font: {color: colour()}, xaxis: {title: {text: 'thousand persons'}}},
  {displayModeBar: false, responsive: true});
window.themed = () => Plotly.relayout('jobs-plot', {'font.color': colour()});
</script>"""


def sample_page(drawing: str = DRAWN) -> str:
    """The page with a figure drawn by hand."""
    text = PAGE.read_text(encoding="utf-8").replace("{{DRAWING}}", drawing)
    text = text.replace("{{GDP}}", fact("+0.06", GDP, indicator="real_gdp", decimals=2))
    text = text.replace("{{C26}}", fact("+3.5", 3.5, sector="C26"))
    return text.replace("{{C13}}", fact("-2.0", -2.0, sector="C13"))


def live_page() -> str:
    """The page with a figure of the drawing library."""
    from plotly.offline import get_plotlyjs

    return sample_page(LIVE.replace("{{LIBRARY}}", get_plotlyjs()))
