"""A notebook as a script (``# %%`` starts a cell): from a name to a brief in five lines, then a closer look.

Jupyter and editors that know ``# %%`` run it cell by cell; the tests do the same.
"""
# ruff: noqa: B018
# pyright: reportUnusedExpression=false
# A cell shows its last line.

# %% One scenario of the library against the baseline: a table of what changes
import cge

result = cge.run("us-joins-cptpp", aggregation="small")
result

# %% Any number, as a tidy table
welfare = result.tables["indicators"].query("indicator == 'welfare_ev'")
welfare[["region", "unit", "change", "percent"]]

# %% Two policies side by side, on one benchmark; what is best and worst is marked
side = cge.compare("us-joins-cptpp", "us-china-tariff-war", aggregation="small")
side

# %% What the scenario changes, before anything is solved
case = cge.prepare("us-joins-cptpp", aggregation="small")
case

# %% The policy, tariff by tariff
case.expanded

# %% The certificate of the solution, and its levels as labelled arrays
result.new

# %% Whose doing is it? Contributions that sum to the whole
attribution = cge.attribute("us-china-tariff-war", by="members", aggregation="small")
attribution

# %% Files for colleagues: the ending of the name says what is written
files = [cge.write(result, name) for name in ("cptpp.html", "cptpp.xlsx", "cptpp.md", "cptpp")]
