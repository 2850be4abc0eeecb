import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.units import change, cut, percent, points, rate


@pytest.mark.parametrize(
    ("written", "share"),
    [
        ("10%", 0.1),
        ("10 %", 0.1),
        (" 2.5% ", 0.025),
        ("-5%", -0.05),
        (0.1, 0.1),
        (0, 0.0),
        (1, 1.0),
        ("1000%", 10.0),
    ],
)
def test_rates(written: object, share: float) -> None:
    assert rate(written) == pytest.approx(share, abs=1e-15)


@pytest.mark.parametrize("written", ["5%", "5 points", "5 pp", "5points", "+5%", 0.05])
def test_points(written: object) -> None:
    assert points(written) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("read", "written", "message"),
    [
        (rate, 60, r"write 60% or 0.60"),
        (rate, 1.6, r"1.6 would be 160 % \(0.25 means 25 %\)"),
        (rate, -60, "write -60% or -0.60"),
        (rate, "-101%", "below -100 %"),
        (rate, -1.2, "below -100 %"),
        (rate, "10", "write 10% or 0.10"),
        (rate, "5 points", "write 10% or 0.10"),
        (rate, "ten", "'ten' is not a rate"),
        (rate, "1e-3%", "is not a rate"),
        (rate, None, "not nothing"),
        (rate, [0.1], "not a list"),
        (rate, True, "not True"),
        (rate, float("nan"), "finite"),
        (cut, "101%", "above 100 %"),
        (cut, 0, "above 0 %"),
        (points, 0.0, "changes nothing"),
        (change, "-100%", "100 % or more"),
        (change, "0%", "changes nothing"),
    ],
)
def test_refused(read, written: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(written)


@given(st.floats(-1, 1.5))
def test_a_share_read_back_from_its_own_text(share: float) -> None:
    assert rate(percent(round(share, 4))) == pytest.approx(round(share, 4), abs=1e-9)
