from datetime import UTC, datetime

import pytest
from django.http import QueryDict

from leads.filters import LeadFilter, month_range, number


def test_an_address_is_read_and_written_back_the_same() -> None:
    wanted = LeadFilter.parse(
        {"q": " Anna  Ö ", "owner": "mine", "min": "-5", "grade": "A1", "month": "2026-03", "sort": "new"}
    )
    assert (wanted.q, wanted.owner, wanted.min, wanted.grade, wanted.month) == ("Anna Ö", "mine", -5, "A1", "2026-03")
    assert wanted.words == ["anna", "o"]
    assert wanted.query() == "q=Anna+%C3%96&owner=mine&min=-5&grade=A1&month=2026-03&sort=new"
    assert wanted.query(q="", sort="-score") == "owner=mine&min=-5&grade=A1&month=2026-03"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("owner", "9" * 40),
        ("owner", "٣"),
        ("lifecycle", "boss"),
        ("source", "web"),
        ("tag", "nonsense"),
        ("tag", "-1"),
        ("tag", "1.5"),
        ("min", "99999999999"),
        ("grade", "A4"),
        ("two_way", "31"),
        ("month", "2026-13"),
        ("month", "1999-01"),
        ("view", "none"),
    ],
)
def test_what_is_asked_wrongly_is_kept_as_such(name: str, value: str) -> None:
    wanted = LeadFilter.parse({name: value, "q": "x"})
    assert wanted == LeadFilter(q="x", wrong=((name, value[:60]),))
    assert not LeadFilter.parse({name: value}).is_empty
    assert wanted.said_wrong.endswith(f"“{value[:60]}”")
    assert LeadFilter.parse(QueryDict(wanted.query())) == wanted  # links of the page ask the same
    assert LeadFilter.parse(QueryDict(wanted.query(**{name: ""}))) == LeadFilter(q="x")


@pytest.mark.parametrize(("name", "value"), [("sort", "id; drop table"), ("view", "all"), ("tag", "")])
def test_what_asks_for_nobody_else_is_as_if_it_had_not_been_asked(name: str, value: str) -> None:
    assert LeadFilter.parse({name: value}) == LeadFilter()
    assert LeadFilter.parse({name: value}).is_empty


def test_text_is_cut_and_cleaned() -> None:
    assert LeadFilter.parse({"q": "x\0y" + "z" * 1_000_000}).q == "xy" + "z" * 98


def test_a_month_is_one_in_utc() -> None:
    assert month_range("2026-12") == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert month_range("2026-1") is None


def test_numbers_that_the_database_cannot_hold_are_none() -> None:
    assert number("9223372036854775807") == 2**63 - 1
    assert number("9223372036854775808") is None
    assert number("-3") is None
    assert number("-3", signed=True) == -3


@pytest.mark.parametrize("value", ["\0", " "])
def test_what_cannot_be_shown_is_asked_wrongly_too(value: str) -> None:
    wanted = LeadFilter.parse({"source": value})
    assert wanted.wrong == (("source", "?"),)
    assert LeadFilter.parse(QueryDict(wanted.query())) == wanted
