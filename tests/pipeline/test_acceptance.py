"""How hand-offs go, in figures that open their lists."""

import re
from datetime import UTC, datetime, timedelta

from django.http import QueryDict

from activities.services import log_activity
from pipeline import services
from pipeline.models import HandOff, Opportunity
from pipeline.queries.acceptance import Wanted, acceptance, in_words, listed
from scoring.proportions import Share
from tests import factories
from tests.budget import page_cost
from tests.conftest import Cast, client_of
from tests.pipeline.rows import offer, stage


def now() -> datetime:
    return datetime.now(UTC)


def story(cast: Cast) -> datetime:
    """Three accepted (one after an hour, with a call half an hour later), two rejected, one that waits."""
    at = now() - timedelta(days=5)
    first = offer(now=at, source="webinar")
    assert first.rep is not None
    services.accept(hand_off_id=first.pk, actor=first.rep, now=at + timedelta(hours=1))
    called = at + timedelta(hours=1, minutes=30)
    log_activity(contact=first.contact, kind="call", actor=first.rep, at=called, now=called)
    for source in ("webinar", "form"):
        row = offer(now=at, source=source)
        assert row.rep is not None
        services.accept(hand_off_id=row.pk, actor=row.rep, now=at + timedelta(hours=3))
    for reason in ("no_budget", "no_need"):
        row = offer(now=at, source="form")
        services.reject(hand_off_id=row.pk, actor=cast.mona, now=at, reason=reason)
    offer(now=at, source="card")
    services.promote(
        contact_id=factories.contact(source="card").pk, now=at, actor=cast.rita, manual=True, reason="They called"
    )
    return at


def test_promotions_against_the_definition_are_followed_to_the_end(offered: Cast) -> None:
    story(offered)
    accepted = HandOff.objects.filter(state="accepted").order_by("is_override", "pk")
    for row, name in zip(accepted, ("Won", "Lost", "New", "Won"), strict=True):
        Opportunity.objects.filter(pk=row.opportunity_id or 0).update(
            stage=stage(name), closed_at=None if name == "New" else now()
        )
    shown = acceptance(offered.mona, days="90", by="source", now=now())
    assert (shown.against.won_rate, shown.met.won_rate) == (Share(1, 1), Share(1, 2))
    client = client_of(offered.mona)
    page = client.get("/hand-offs/acceptance/").content.decode()
    for query in (shown.against.won_query, shown.against.closed_query, shown.met.won_query, shown.met.closed_query):
        assert f"?{query.replace('&', '&amp;')}" in page
    listed_by = {
        query: len(listed(offered.mona, Wanted.read(QueryDict(query)), now=now()).rows)
        for query in (shown.met.won_query, shown.met.closed_query)
    }
    assert list(listed_by.values()) == [1, 2]
    said = client.get(f"/hand-offs/?{shown.met.won_query}").content.decode()
    assert "Accepted, and won" in said
    assert "Accepted, and closed by now" in client.get("/hand-offs/?ended=closed").content.decode()


def test_the_first_response_may_be_a_mail(offered: Cast) -> None:
    at = now() - timedelta(days=2)
    row = offer(now=at)
    assert row.rep is not None
    services.accept(hand_off_id=row.pk, actor=row.rep, now=at)
    for kind, minutes in (("note", 5), ("mail", 20), ("call", 60)):
        said = at + timedelta(minutes=minutes)
        log_activity(contact=row.contact, kind=kind, actor=row.rep, at=said, now=said, body="Dear Lee")
    shown = acceptance(offered.mona, days="30", by="source", now=now())
    assert shown.total.time_to_respond == timedelta(minutes=20)


def test_a_list_of_one_rep_says_whose_it_is(offered: Cast) -> None:
    story(offered)
    assert "Rep: Ravi" in client_of(offered.mona).get(f"/hand-offs/?rep={offered.ravi.pk}").content.decode()
    assert "Rep: nobody yet" in client_of(offered.mona).get("/hand-offs/?rep=none").content.decode()
    theirs = client_of(offered.rita).get(f"/hand-offs/?rep={offered.sven.pk}").content.decode()
    assert "Rep: somebody else" in theirs and "Sven" not in theirs


def test_rates_times_and_reasons(offered: Cast) -> None:
    story(offered)
    shown = acceptance(offered.mona, days="90", by="source", now=now())
    total = shown.total
    assert (total.accepted, total.decided, total.rejected, total.waiting, total.overrides) == (4, 6, 2, 1, 1)
    assert (total.rate.percent, total.rate.range) == ("67 %", "30–90 %")
    assert (total.time_to_answer, total.time_to_respond) == (timedelta(hours=3), timedelta(minutes=30))
    groups = {
        row.label: (row.accepted, row.decided, [reason[:2] for reason in row.top_reasons]) for row in shown.groups
    }
    assert groups == {
        "Webinar": (2, 2, []),
        "Web form": (1, 3, [("No budget", 1), ("No need", 1)]),
        "Business card": (1, 1, []),
    }
    assert (shown.against.accepted, shown.against.decided, shown.against.rate.is_few) == (1, 1, True)
    assert (shown.met.accepted, shown.met.decided, shown.met.overrides) == (3, 5, 0)
    by_rep = acceptance(offered.mona, days="90", by="rep", now=now())
    assert sum(row.decided for row in by_rep.groups) == total.decided
    assert acceptance(offered.mona, days="30", by="nonsense", now=now() + timedelta(days=60)).total.counts == {}


def test_overrides_are_followed_up_beside_all_the_others(offered: Cast) -> None:
    story(offered)
    client = client_of(offered.mona)
    page = client.get("/hand-offs/acceptance/").content.decode().partition("Promoted against the definition")[2]
    found = re.findall(r'href="/hand-offs/\?([^"]+)">(\d+ %)</a>', page)[:2]
    assert [rate for _, rate in found] == ["100 %", "60 %"]
    for (query, _), number in zip(found, (1, 3), strict=True):
        rows = client.get(f"/hand-offs/?{query.replace('&amp;', '&')}").content.decode()
        assert rows.count('class="sheet-name"') == number
    assert "(small sample)" in page


def test_every_number_opens_a_list_that_adds_up(offered: Cast) -> None:
    story(offered)
    client = client_of(offered.mona)
    for by in ("source", "campaign", "version", "rep", "rule", "promoted"):
        page = client.get(f"/hand-offs/acceptance/?by={by}").content.decode()
        for query, number in re.findall(r'href="/hand-offs/\?([^"]+)">(\d+)</a>', page):
            rows = client.get(f"/hand-offs/?{query.replace('&amp;', '&')}").content.decode()
            assert rows.count('class="sheet-name"') == int(number), query


def test_the_list_costs_the_same_for_many_and_goes_on(offered: Cast) -> None:
    at, client = now() - timedelta(days=2), client_of(offered.mona)

    def count() -> int:
        return page_cost(client, "/hand-offs/")

    first = offer(now=at)
    few = count()
    HandOff.objects.bulk_create(
        HandOff(contact=first.contact, rep=offered.rita, offered_at=at, decided_at=at, state="expired")
        for _ in range(120)
    )
    assert count() == few
    page = listed(offered.mona, Wanted(), now=now())
    seen = [row.pk for row in page.rows]
    while page.after:
        page = listed(offered.mona, Wanted(), now=now(), after=page.after)
        seen += [row.pk for row in page.rows]
    assert len(seen) == len(set(seen)) == 121


def test_what_is_no_filter_is_passed_over(offered: Cast) -> None:
    story(offered)
    client = client_of(offered.mara)
    for query in (
        "days=7000&state=x&reason=%00&version=abc&rep=99999999999999999999",
        "source=%00&campaign=" + "x" * 3000,
        "after=nonsense&before=%F0%9F%92%A9",
        "version=none&rep=none&rule=none&response=maybe",
    ):
        assert client.get(f"/hand-offs/?{query}").status_code == 200
        assert client.get(f"/hand-offs/acceptance/?{query}&by=x").status_code == 200
    assert client.get("/hand-offs/?response=yes").content.decode().count('class="sheet-name"') == 1


def test_an_empty_time_says_what_belongs_here(cast: Cast) -> None:
    assert "No hand-off in this time" in client_of(cast.mona).get("/hand-offs/acceptance/").content.decode()
    assert "No hand-off like this" in client_of(cast.rita).get("/hand-offs/").content.decode()


def test_reps_see_those_of_their_team(offered: Cast) -> None:
    story(offered)
    seen = {row.rep for row in listed(offered.sven, Wanted(), now=now()).rows}
    assert seen == {offered.sven}


def test_lengths_in_words() -> None:
    assert [in_words(one) for one in (None, timedelta(minutes=25), timedelta(hours=3), timedelta(days=3))] == [
        "—",
        "25 min",
        "3 h",
        "3 d",
    ]
