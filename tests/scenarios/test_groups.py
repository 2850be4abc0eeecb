import datetime as dt

import pytest

from scenarios.groups import UnknownNameError, load_groups, load_sector_groups

GROUPS = load_groups()
SECTORS = load_sector_groups()


def test_cptpp_grows_member_by_member() -> None:
    assert len(GROUPS.members("CPTPP")) == 12
    # Entry into force by member: New Zealand MFAT and IISD pages, in memberships.csv.
    sizes = {
        "2018-12-30": 6,
        "2019-01-14": 7,
        "2021-09-19": 8,
        "2022-11-29": 9,
        "2023-02-21": 10,
        "2023-07-12": 11,
    }
    for day, size in sizes.items():
        assert len(GROUPS.members(f"CPTPP@{day}")) == size
    assert "GBR" not in GROUPS.members("CPTPP", dt.date(2024, 12, 14))
    assert "GBR" in GROUPS.members("CPTPP", dt.date(2024, 12, 15))


def test_sizes() -> None:
    sizes = {"RCEP": 15, "IPEF": 14, "EU27": 27, "USMCA": 3, "ASEAN": 11, "APEC": 21, "BRICS": 10, "Quad": 4}
    assert {name: len(GROUPS.members(name)) for name in sizes} == sizes
    assert len(GROUPS.members("EU27@1990-01-01")) == 11  # the twelve of then less GBR
    assert len(GROUPS.members("ASEAN@2020-01-01")) == 10


def test_a_member_that_left_and_a_group_that_ended() -> None:
    assert "USA" in GROUPS.members("TPP12@2016-02-04")
    assert "USA" not in GROUPS.members("TPP12")
    assert GROUPS.members("NAFTA@2020-06-30") == ("CAN", "MEX", "USA")
    with pytest.raises(UnknownNameError, match="ended on 2020-07-01"):
        GROUPS.members("NAFTA@2020-07-01")


def test_every_row_has_a_source_and_a_confidence() -> None:
    assert all(row.source and row.confidence for row in GROUPS.rows)
    assert {row.confidence for row in GROUPS.rows} <= {"verified-page", "recall-H", "recall-M", "recall-L"}


def test_expand(regions: list[str]) -> None:
    assert GROUPS.expand("USA", regions) == (frozenset({"USA"}), ())
    assert GROUPS.expand("all", regions) == (frozenset(regions), ())
    inside, outside = GROUPS.expand("IPEF", regions)
    assert outside == ("FJI",) and len(inside) == 13


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("usa", "'USA'"),
        ("Viet Nam", "'VNM'"),
        ("Vietnm", "'VNM'"),
        ("cptpp", "'CPTPP'"),
        ("CPTTP@2020-01-01", "'CPTPP'"),
    ],
)
def test_suggestions(name: str, hint: str, regions: list[str]) -> None:
    with pytest.raises(UnknownNameError, match=f"did you mean {hint}"):
        GROUPS.expand(name, regions)


def test_a_group_wholly_outside_the_database() -> None:
    with pytest.raises(UnknownNameError, match="no member of Quad is in the database"):
        GROUPS.expand("Quad", ["FRA", "DEU"])


def test_goods_and_services_split_the_industries(sectors: list[str]) -> None:
    goods, services = set(SECTORS.groups["goods"]), set(SECTORS.groups["services"])
    assert len(goods) == 27 and len(services) == 23 and not goods & services
    assert set(SECTORS.groups["agrifood"]) | set(SECTORS.groups["industrial"]) == goods
    for name, members in SECTORS.groups.items():
        assert set(members) <= goods | services, name
    for product, members in SECTORS.products.items():
        assert set(members) <= goods, product
        assert product not in SECTORS.groups
