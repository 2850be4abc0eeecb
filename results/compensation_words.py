"""What a reader must know of a compensation that is paid inside the model, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

if TYPE_CHECKING:
    from results.compensation import Settlement

NOISE = 1e-9
"""Share of income below which a burden is the solver's last digits."""
TAX_WORDS = {"consumption_tax": "tax on private consumption", "production_tax": "tax on output"}
WHAT = {
    "full": "what the displaced lose",
    "retraining": "a retraining programme",
    "both": "what the displaced lose and of the training in a programme (its income support would pay twice "
    "for income that is made good)",
}


def words(paid: Settlement) -> str:
    """Who pays whom and how much, who counts, by which parameters; what is and is not a cost."""
    t, p = paid.terms, paid.due.parameters
    source = TAX_WORDS.get(t.financed_by)
    tax = f"a levy on top of the {source}" if source else "a lump sum, which distorts nothing"
    first = (
        f"compensation in {', '.join(t.regions)}: {100 * t.share:.6g} % of {WHAT[t.pays]} is paid inside the "
        f"model from {tax}"
    )
    costs = (
        f"Payment, losses and burden are a year over the first {p.horizon_years:g} years (the horizon); the "
        "gain lasts"
    )
    said = [first, _who_counts(paid), _numbers(paid), _due(paid)]
    if bool((_own(paid, paid.due.data.a_year) > 0).any()):
        said += [costs, _losses(paid), _tax(paid), _together(paid), _cheap(paid)]
    return ". ".join(x for x in said if x)


def _own(paid: Settlement, value: xr.DataArray) -> xr.DataArray:
    return value.sel(r=list(paid.terms.regions))


def _who_counts(paid: Settlement) -> str:
    p = paid.due.parameters
    if paid.terms.displaced == "gross":
        return "Displaced is every job that a sector cuts (gross)"
    return (
        "Displaced are the jobs that a sector cuts beyond attrition of "
        f"{100 * p.attrition_rate:.3g} % a year over {p.phase_in_years:g} years"
    )


def _numbers(paid: Settlement) -> str:
    """The parameters of the account that were used."""
    p = paid.due.parameters
    scaled = [
        f"{float(x):.2f} in {x.r.item()}"
        for x in _own(paid, paid.due.data["scale"])
        if abs(float(x) - 1) > 1e-9
    ]
    longer = f" (times out of work multiplied by {', '.join(scaled)}, for unemployment)" if scaled else ""
    return (
        f"Parameters, {paid.terms.parameters} set: {100 * p.rho:.3g} % find work again after "
        f"{p.years_out_reemployed:g} years at {100 * p.earnings_loss:.3g} % less, the others are out of work "
        f"for {p.years_out_others:g} years{longer}; {p.horizon_years:g} years at "
        f"{100 * p.discount_rate:.3g} %"
    )


def _due(paid: Settlement) -> str:
    """How many are paid how much, by region; where nobody is, that."""
    data, told = paid.due.data, []
    programme = paid.terms.pays != "full"
    who = "participants" if paid.terms.pays == "retraining" else "displaced"
    for r in paid.terms.regions:
        here = data.sel(r=r)
        if not float(here.a_year) > 0:
            told.append(f"in {r} nobody is due anything, so nothing is levied")
            continue
        more = (
            f" ({float(here.participants):,.2f} thousand retrained)"
            if programme and who == "displaced"
            else ""
        )
        told.append(
            f"in {r} {float(here.workers):,.2f} thousand {who}{more} get USD {float(here.a_year):,.1f} "
            "million a year"
        )
    return (text := "; ".join(told))[:1].upper() + text[1:]


def _losses(paid: Settlement) -> str:
    work = "the lost work of the displaced"
    work += "" if paid.terms.pays == "full" else " and the work of trainers"
    inside = (
        f"in the model {work} is missing from effective labour, so welfare is net of it (the adjustment "
        "account compares its costs with the gain before them)"
    )
    beside = f"{work} stays in the adjustment account: welfare holds the burden of the tax alone"
    held = inside if paid.terms.in_model else beside
    return f"Transfers are not a social cost; the burden of the tax is; {held}"


def _tax(paid: Settlement) -> str:
    """What the cost of funds depends on; "" where no tax pays."""
    if paid.terms.financed_by not in TAX_WORDS:
        return ""
    return (
        "The cost of funds is an average and follows the closure: where labour is fixed (full_employment) a "
        "tax distorts little, where people choose how much they work (labour_supply) more"
    )


def _together(paid: Settlement) -> str:
    """What a reader must know where several regions raise a levy."""
    if len(paid.terms.regions) == 1:
        return ""
    return "Several regions pay at once: the burden of each holds what the others' levies do to it"


def _cheap(paid: Settlement) -> str:
    """Where the tax costs less than it raises, why that can be; "" where it does not."""
    own = _own(paid, paid.excess_burden)
    cheap = [str(r) for r in own.r.values[own.values < -NOISE * paid.income.sel(r=own.r).values]]
    if not cheap:
        return ""
    return (
        f"In {', '.join(cheap)} the tax costs less than it raises: it falls on what was taxed less than the "
        "rest, or on buyers abroad (the world's row tells)"
    )
