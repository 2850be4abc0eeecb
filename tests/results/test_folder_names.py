"""Folders for labels: every platform takes them, and each label has its own."""

from __future__ import annotations

import pytest

from results.folder_names import folder_name, folder_names


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("us-joins-cptpp", "us-joins-cptpp"),
        ("wall +deal depth 50%", "wall_+deal_depth_50%"),
        ('a<b>c:d"e/f\\g|h?i*j', "a_b_c_d_e_f_g_h_i_j"),
        ("tab\tnull\x00 \u202eback", "tab_null___back"),
        ("ends. .", "ends._"),
        ("..", "scenario"),
        ("", "scenario"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("COM1", "_COM1"),
        ("COM10", "COM10"),
    ],
)
def test_a_label_becomes_a_name_that_every_platform_takes(label: str, name: str) -> None:
    assert folder_name(label) == name


def test_names_differ_even_without_capitals_and_from_what_is_taken() -> None:
    labels = [
        "a b",
        "a_b",
        "A/B",
        "comparison.csv",
        "x" * 300,
        "x" * 301,
        "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 90,
    ]
    found = folder_names(labels, taken=["comparison.csv"])
    assert list(found) == labels
    assert len({n.casefold() for n in found.values()} | {"comparison.csv"}) == len(labels) + 1
    assert all(len(n.encode()) < 110 for n in found.values())
