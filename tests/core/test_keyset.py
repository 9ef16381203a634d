from datetime import UTC, datetime

import pytest

from core import keyset

NOON = datetime(2026, 6, 15, 12, 0, 0, 123456, tzinfo=UTC)


def test_a_place_survives_an_address() -> None:
    assert keyset.decode(keyset.encode([NOON, 7]), datetime, int) == (NOON, 7)
    assert keyset.decode(keyset.encode([-3, "né"]), int, str) == (-3, "né")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "%%%",
        "\x00",
        "W10",
        "e30",
        "ü" * 5,
        "A" * 100000,
        keyset.encode([1]),
        keyset.encode(["1", 2]),
        keyset.encode([True, 2]),
        keyset.encode([2**63, 2]),
        keyset.encode([1.5, 2]),
        keyset.encode([None, 1]),
    ],
)
def test_what_is_no_place_is_none(text: str) -> None:
    assert keyset.decode(text, int, int) is None


@pytest.mark.parametrize("instant", ["yesterday", "2026-06-15T12:00:00", "0001-01-01T00:00:00+00:00", ""])
def test_an_instant_needs_a_zone_and_a_sane_year(instant: str) -> None:
    assert keyset.decode(keyset.encode([instant, 1]), datetime, int) is None
