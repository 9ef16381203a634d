"""The list of opportunities: filters, sums, paging, search."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from pipeline import queries, services
from pipeline.models import Opportunity
from pipeline.periods import later, month_of
from pipeline.queries import Filters
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User


def named(user: User, **filters: Any) -> list[str]:
    return sorted(queries.listed(user, Filters(**filters), now=NOW).values_list("name", flat=True))


@pytest.fixture
def some(cast: Cast) -> dict[str, Opportunity]:
    """One of each kind."""
    day = NOW.date()
    return {
        row.name: row
        for row in (
            rows.opportunity(cast.rita, name="due", amount=100, expected_close=day + timedelta(days=3)),
            rows.opportunity(cast.ravi, name="today", amount=50, expected_close=day),
            rows.opportunity(cast.rita, name="late", amount=None, expected_close=day - timedelta(days=1)),
            rows.opportunity(cast.sven, name="undated", amount=7, currency="USD"),
            rows.opportunity(None, name="far", at="Discovery", expected_close=date(2027, 3, 1)),
            rows.opportunity(cast.rita, name="won", at="Won", amount=9, closed_at=NOW),
            rows.opportunity(cast.rita, name="won in May", at="Won", closed_at=NOW - timedelta(days=20)),
            rows.opportunity(cast.rita, name="lost", at="Lost", closed_at=NOW, lost_reason="price"),
        )
    }


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["due", "far", "late", "today", "undated"]),
        ({"state": "won"}, ["won", "won in May"]),
        ({"state": "won", "closed": "2026-06"}, ["won"]),
        ({"state": "lost"}, ["lost"]),
        ({"state": "lost", "reason": "silence"}, []),
        ({"expected": "2026-06"}, ["due", "late", "today"]),
        ({"expected": "2026-06", "overdue": "no"}, ["due", "today"]),
        ({"overdue": "yes"}, ["late"]),
        ({"expected": "none"}, ["undated"]),
        ({"expected": "2026-07+"}, ["far"]),
        ({"expected": "-2026-06"}, ["due", "late", "today"]),
        ({"state": "all", "month": "2026-06"}, ["due", "today", "won"]),
        ({"state": "all", "month": "2026-05"}, ["won in May"]),
        ({"amount": "unknown"}, ["late"]),
        ({"amount": "known", "currency": "USD"}, ["undated"]),
        ({"owner": "nobody"}, ["far"]),
        ({"q": "TODAY"}, ["today"]),
        ({"q": "no such"}, []),
    ],
)
def test_filters(cast: Cast, some: dict[str, Opportunity], filters: dict[str, str], expected: list[str]) -> None:
    for row in some.values():
        Opportunity.objects.filter(pk=row.pk).update(search_text=row.name)
    assert named(cast.mona, **filters) == expected


def test_filters_by_stage_owner_team_and_visibility(cast: Cast, some: dict[str, Opportunity]) -> None:
    assert named(cast.mona, stage=rows.stage("Discovery").pk) == ["far"]
    assert named(cast.mona, owner=str(cast.sven.pk)) == ["undated"]
    assert cast.sven.team is not None
    assert named(cast.mona, team=cast.sven.team.pk) == ["undated"]
    assert named(cast.sven) == ["far", "undated"]


def test_an_address_reads_back_what_was_written() -> None:
    wanted = Filters(state="won", q="a & b", owner="nobody", closed="2026-06", currency="EUR", sort="-amount", team=3)
    assert Filters.parse(QueryDict(wanted.query())) == wanted
    for expected in ("2026-06", "2026-06+", "-2026-06", "none"):
        assert Filters.parse(QueryDict(Filters(expected=expected).query())).expected == expected


WRONG = [
    ("state", "x"),
    ("owner", "1.5"),
    ("team", "-1"),
    ("stage", "a"),
    ("pipeline", "99999999999999999999999"),
    ("expected", "2026-13"),
    ("expected", "+"),
    ("closed", "2026-6"),
    ("closed", "٢026-01"),
    ("month", "now"),
    ("amount", "1"),
    ("currency", "euro"),
    ("rotting", "perhaps"),
    ("tag", "nonsense"),
]


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(("name", "value"), WRONG)
def test_of_what_is_asked_wrongly_there_is_nothing(cast: Cast, name: str, value: str) -> None:
    wanted = Filters.parse({name: value, "sort": "name"})
    assert wanted.wrong == ((name, value),)
    assert not queries.listed(cast.mona, wanted, now=NOW).exists()
    assert Filters.parse(QueryDict(wanted.query())) == wanted  # links of the page ask the same
    without = wanted.query(**{name: "open" if name == "state" else ""})
    assert Filters.parse(QueryDict(without)) == Filters(sort="name")


@pytest.mark.parametrize("query", ["q=%00", "owner=", "sort=x", "lanes=x", "state=open"])
def test_what_asks_for_nothing_else_is_as_if_not_asked(query: str) -> None:
    assert Filters.parse(QueryDict(query)) == Filters()


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("page", ["", "list/", "calendar/", "map/"])
def test_the_pages_say_what_was_asked_wrongly_and_lead_out(cast: Cast, page: str) -> None:
    answer = client_of(cast.mona).get(f"/pipeline/{page}?owner=abc&rotting=no&lanes=owner")
    text = answer.content.decode()
    assert "owner “abc”: there is none" in text and "rotting “no”: there is none" in text
    assert f'href="/pipeline/{page}?lanes=owner&amp;rotting=no"' in text
    assert not re.search(r'href="/opportunities/\d', text)
    whole = client_of(cast.mona).get("/pipeline/export.csv?owner=abc").getvalue().decode()
    assert len(whole.splitlines()) == 1


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("value", ["%00", "%20", "%20" * 70 + "abc"])
def test_what_cannot_be_shown_is_asked_wrongly_too(cast: Cast, value: str) -> None:
    whole = client_of(cast.mona).get(f"/pipeline/export.csv?owner={value}").getvalue().decode()
    assert len(whole.splitlines()) == 1
    assert Filters.parse(QueryDict(f"owner={value}")).said_wrong == f"owner “{'abc' if 'abc' in value else '?'}”"


def test_nobody_is_named_by_a_filter_to_whom_they_are_not_shown(cast: Cast) -> None:
    page = client_of(cast.rita).get(f"/pipeline/list/?owner={cast.sven.pk}&team={cast.sven.team_id}").content.decode()
    assert f'<option value="{cast.sven.pk}" selected>somebody else</option>' in page
    assert f'<option value="{cast.sven.team_id}" selected>another team</option>' in page
    assert cast.sven.name not in page


def test_a_filter_by_somebody_who_left_or_a_stage_that_is_gone_stays_chosen(cast: Cast) -> None:
    rows.opportunity(cast.sven, name="hers")
    User.objects.filter(pk=cast.sven.pk).update(is_active=False)
    gone = rows.stage("Discovery")
    type(gone).objects.filter(pk=gone.pk).update(archived_at=NOW)
    text = client_of(cast.mona).get(f"/pipeline/list/?owner={cast.sven.pk}&stage={gone.pk}").content.decode()
    assert f'<option value="{cast.sven.pk}" selected>somebody else</option>' in text
    assert f'<option value="{gone.pk}" selected>Discovery</option>' in text


def test_months() -> None:
    assert month_of("2026-12") == date(2026, 12, 1)
    assert [month_of(text) for text in ("2026-00", "2026-1", "1999-01", "٢٠٢٦-01", "")] == [None] * 5
    assert later(date(2026, 11, 1), 2) == date(2027, 1, 1)
    assert later(date(2026, 1, 1), -1) == date(2025, 12, 1)


@pytest.mark.parametrize(
    "sort", ["-changed", "changed", "-amount", "amount", "close", "-close", "age", "-age", "name", "-name"]
)
def test_paging_shows_everybody_once_in_every_order(cast: Cast, sort: str) -> None:
    for number in range(13):
        rows.opportunity(
            cast.rita,
            name=f"{number % 5} and {number}",
            amount=None if number % 4 == 0 else number % 3,
            expected_close=None if number % 5 == 0 else NOW.date() + timedelta(days=number % 4),
            entered=NOW - timedelta(days=number % 3),
        )
    found = queries.listed(cast.rita, Filters(), now=NOW)
    whole = queries.list_page(found, sort=sort, size=100).rows
    seen, after = [], ""
    while True:
        page = queries.list_page(found, sort=sort, after=after, size=4)
        seen += page.rows
        after = page.after
        if not after:
            break
    assert seen == whole
    assert len(seen) == 13
    key = sort.removeprefix("-")
    if key in ("amount", "close"):
        column = {"amount": "amount", "close": "expected_close"}[key]
        values = [getattr(row, column) for row in whole]
        known = [value for value in values if value is not None]
        assert values[len(known) :] == [None] * (13 - len(known))  # what is unknown comes last
        assert known == sorted(known, reverse=sort.startswith("-"))


def test_the_page_says_the_sums(cast: Cast) -> None:
    rows.opportunity(cast.rita, at="Proposal", amount="1000.50")
    rows.opportunity(cast.rita, amount=None)
    text = re.sub(r"<[^>]+>|\s+", " ", client_of(cast.rita).get("/pipeline/list/").content.decode())
    text = re.sub(r"\s+", " ", text)
    assert "2 opportunities · €1,000.50 weighted €500.25 · 1 without amount" in text


def test_the_list_of_what_stays_too_long(cast: Cast) -> None:
    rows.opportunity(cast.rita, name="fresh", entered=NOW - timedelta(days=6, hours=23))
    rows.opportunity(cast.rita, name="rotting", entered=NOW - timedelta(days=7))
    rows.opportunity(None, name="nobody's", entered=NOW - timedelta(days=90))
    rows.opportunity(cast.rita, at="Won", name="won", entered=NOW - timedelta(days=90), closed_at=NOW)
    assert named(cast.rita, rotting="yes") == ["nobody's", "rotting"]
    assert named(cast.rita, rotting="yes", owner=str(cast.rita.pk)) == ["rotting"]
    assert named(cast.rita, rotting="yes", state="all") == ["nobody's", "rotting"]
    page = client_of(cast.rita).get("/pipeline/list/?rotting=yes").content.decode()
    assert "in its stage for too long" in page
    assert '<input type="hidden" name="rotting" value="yes">' in page


def test_totals_of_nothing_are_nothing(cast: Cast) -> None:
    totals = queries.total(queries.listed(cast.rita, Filters(), now=NOW))
    assert (totals.count, totals.sums) == (0, ())
    assert "No opportunities yet" in client_of(cast.rita).get("/pipeline/list/").content.decode()


def test_totals_equal_the_rows(cast: Cast) -> None:
    for number in range(7):
        rows.opportunity(cast.rita, at=("New", "Discovery")[number % 2], amount=Decimal(number) / 3)
    found = queries.listed(cast.rita, Filters(), now=NOW)
    [money] = queries.total(found).sums
    assert money.amount == sum(row.amount or 0 for row in found)
    assert money.weighted == sum((row.amount or 0) * row.stage.probability / Decimal(100) for row in found)


def test_long_names_in_any_script_can_be_paged(cast: Cast) -> None:
    for number in range(4):
        rows.opportunity(cast.rita, name="\N{SMILING FACE WITH OPEN MOUTH}" * 199 + str(number))
    found = queries.listed(cast.rita, Filters(), now=NOW)
    first = queries.list_page(found, sort="name", size=2)
    second = queries.list_page(found, sort="name", size=2, after=first.after)
    assert [row.name[-1] for row in (*first.rows, *second.rows)] == ["0", "1", "2", "3"]


@pytest.mark.parametrize("place", ["x", "%00", "bm90", "W10", "WyJcdTAwMDAiLDFd", "9" * 500])
def test_a_malformed_place_starts_at_the_beginning(cast: Cast, place: str) -> None:
    rows.opportunity(cast.rita, name="Kestrel")
    for sort in ("-changed", "name", "-amount", "close"):
        answer = client_of(cast.rita).get(f"/pipeline/list/?sort={sort}&after={place}")
        assert answer.status_code == 200


def test_htmx_gets_the_list_only(cast: Cast) -> None:
    part = client_of(cast.rita).get("/pipeline/list/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="list"')


def test_search_finds_by_name_person_and_company(cast: Cast) -> None:
    contact = rows.qualified(first_name="Zoë", last_name="Ångström")
    card = services.promote(contact_id=contact.pk, now=NOW)
    assert card is not None
    assert queries.search(cast.rita, "zoe ang") == [card]
    services.edit(opportunity_id=card.pk, actor=cast.rita, now=NOW, owner=cast.sven)
    assert queries.search(cast.rita, "zoe") == []
    assert queries.search(cast.sven, "zoe") == [card]
    for nothing in ("", "  ", "\0", "x" * 100_000, "\N{SNOWMAN}"):
        assert queries.search(cast.sven, nothing) == []


def test_my_day(cast: Cast) -> None:
    fresh = services.promote(contact_id=rows.qualified().pk, now=NOW)
    assert fresh is not None
    assert fresh.owner == cast.rita
    stuck = rows.opportunity(cast.rita, at="Discovery", next_step="Call")
    closing = rows.opportunity(
        cast.rita, amount=70, next_step="Write", expected_close=date(2026, 6, 30), entered=NOW - timedelta(days=1)
    )
    rows.opportunity(cast.ravi, amount=1000, expected_close=date(2026, 6, 30), entered=NOW, next_step="x")
    rows.opportunity(cast.rita, at="Won", amount=5, closed_at=datetime(2026, 6, 1, tzinfo=UTC))
    day = queries.my_day(cast.rita, now=NOW + timedelta(minutes=1))
    assert list(day.handed_over) == [fresh]
    assert list(day.stalled) == [stuck]
    assert day.closing_totals.sums[0].amount == closing.amount
    assert day.won.sums[0].amount == 5
    for query, totals in ((day.closing_query, day.closing_totals), (day.won_query, day.won)):
        assert queries.total(queries.listed(cast.rita, Filters.parse(QueryDict(query)), now=NOW)) == totals
    services.edit(opportunity_id=fresh.pk, actor=cast.rita, now=NOW, next_step="Call on Monday")
    assert list(queries.my_day(cast.rita, now=NOW + timedelta(minutes=1)).handed_over) == []
    assert factories.contact().pk  # a contact without opportunity does not matter


@pytest.mark.parametrize(
    ("who", "links"),
    [
        ("rita", ["Leads", "What a prospect is"]),
        ("mona", ["Leads", "What a prospect is", "Stages", "Who gets which lead"]),
        ("vera", ["Leads", "What a prospect is"]),
    ],
)
@pytest.mark.parametrize("page", ["/pipeline/", "/pipeline/list/"])
def test_where_there_is_nothing_yet_the_pages_say_where_to_begin(
    cast: Cast, page: str, who: str, links: list[str]
) -> None:
    client = client_of(getattr(cast, who))
    beginning = client.get(f"{page}?owner=nobody").context["beginning"]
    assert [label for _, label in beginning.links] == links
    assert all(client.get(address).status_code == 200 for address, _ in beginning.links)
    assert ("promote" in beginning.text) == (who != "vera")
    assert client.get(f"{page}?owner=abc").context["beginning"] is None  # that says something else
    rows.opportunity(cast.rita, at="Lost", closed_at=NOW - timedelta(days=90), lost_reason="price")
    assert client.get(page).context["beginning"] is None
