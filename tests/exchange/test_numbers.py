"""Numbers of bills: with commas or dots, with thousands parted, and refused where they may be two things."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebay.errors import ConfigError
from forebay.exchange.numbers import decimal_of, number_of, places_of


def read(*cells: str, otherwise: str = ".") -> list[float | None]:
    decimal = decimal_of([(cell, f"line {n}") for n, cell in enumerate(cells, start=2)], otherwise)
    return [number_of(cell, decimal) for cell in cells]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1.5", "12.345"], [1.5, 12.345]),
        (["1,5", "12,345"], [1.5, 12.345]),
        (["1.234,5", "2.345"], [1234.5, 2345.0]),
        (["1,234.5", "2,345"], [1234.5, 2345.0]),
        (["1.234.567", "0,5"], [1234567.0, 0.5]),
        (["1'234.5", "1\u202f234.25", "1 234"], [1234.5, 1234.25, 1234.0]),
        (["0.125", "3.250"], [0.125, 3.25]),
        (["12.345", "13.222"], [12.345, 13.222]),
        (["12,345", "13,222"], [12.345, 13.222]),
        (["1234.567", "8.100"], [1234.567, 8.1]),
        (["7", "\u22123,25", "-0"], [7.0, -3.25, 0.0]),
        (["", "2.5"], [None, 2.5]),
        (["1.5e3", "2"], [1500.0, 2.0]),
    ],
)
def test_the_numbers_of_a_column_tell_how_they_are_written(
    cells: Sequence[str], values: Sequence[float | None]
) -> None:
    assert read(*cells) == values


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["1.5", "2,5"], r"line 3: '2,5' has ',' before its tenths, and '1.5' \(line 2\) has '.'"),
        (["1,234", "2.345"], "line 2: '1,234' and '2.345' may be thousands or thousandths"),
    ],
)
def test_numbers_that_may_be_two_things_are_refused(cells: Sequence[str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read(*cells)


@pytest.mark.parametrize("text", ["x", "nan", "inf", "1_000", "--5", ".", "1.2.3", "12,34,5", "e5", "0x10", "\u0661"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert number_of(text, ".") is None


@given(
    st.lists(st.integers(0, 10**9).map(lambda n: n / 100), min_size=1, max_size=20),
    st.sampled_from([(".", ","), (",", "."), (".", " "), (",", "'"), (".", ""), (",", "")]),
)
def test_two_places_are_read_in_any_style(values: list[float], style: tuple[str, str]) -> None:
    decimal, thousands = style
    cells = [f"{value:,.2f}".translate({ord(","): thousands, ord("."): decimal}) for value in values]

    assert read(*cells) == values
    assert {places_of(cell, decimal) for cell in cells} == {2}
