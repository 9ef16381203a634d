"""Today, by role."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from activities.services import add_follow_up, log_activity
from crm import queries
from leads.models import Contact, Standing
from leads.services import assign_owner
from pipeline.models import Stage
from pipeline.services import edit, lose, move, promote, win
from reports.models import Outlook, OutlookRange
from reports.services import refresh_funnel
from scoring.services import rescore_changed
from tests import factories
from tests.budget import page_cost
from tests.conftest import Cast, client_of
from tests.pipeline import rows as pipeline_rows
from users.models import User

pytestmark = pytest.mark.django_db


def hot(owner: User | None, *answered: str, **fields: Any) -> Contact:
    """Somebody over the line who has answered only these criteria."""
    now = timezone.now()
    contact = factories.contact(now=now, **fields)
    for kind in ("demo_requested", "email_replied", "call_connected", "meeting_held"):
        factories.event(contact, kind, now=now)
    for criterion in answered:
        factories.evidence(contact, criterion, now=now)
    assign_owner([contact.pk], owner)
    rescore_changed(now=now)
    return contact


def test_who_to_call_is_who_misses_least(cast: Cast) -> None:
    two = hot(cast.rita, "need", "budget")
    one = hot(cast.rita, "need", "budget", "authority")
    nobodys = hot(None, "need", "budget", "authority")
    hot(cast.sven, "need", "budget", "authority")
    hot(cast.ravi, "need", "budget", "authority")
    refused = hot(cast.rita, "need", "budget", "authority")
    factories.evidence(refused, "timeline", "fails", now=timezone.now())
    factories.contact(now=timezone.now())
    day = queries.rep_day(cast.rita, now=timezone.now())
    assert [lead.row.pk for lead in day.to_call] == [nobodys.pk, one.pk, two.pk]
    assert [lead.missing for lead in day.to_call] == [["timeline"], ["timeline"], ["authority", "timeline"]]
    assert day.to_call[1].step.title == "Ask about timeline."
    page = client_of(cast.rita).get("/").content.decode()
    assert reverse("evidence_new", args=[one.pk, "timeline"]) in page
    assert reverse("evidence_new", args=[refused.pk, "timeline"]) not in page


def test_a_rep_sees_what_waits_and_it_goes_away_when_done(cast: Cast) -> None:
    now = timezone.now()
    contact = hot(cast.rita)
    opportunity = promote(contact_id=contact.pk, now=now, actor=cast.mona, manual=True, reason="Knows us.")
    assert opportunity is not None
    other = hot(cast.sven)
    promote(contact_id=other.pk, now=now, actor=cast.mona, manual=True, reason="Knows us.")
    late = add_follow_up(contact=contact, assignee=cast.rita, title="Call back", due_at=now, now=now)
    add_follow_up(contact=contact, assignee=cast.rita, title="Later", due_at=now + timedelta(days=3), now=now)
    add_follow_up(contact=contact, assignee=cast.ravi, title="Ravi's", due_at=now, now=now)

    day = queries.rep_day(cast.rita, now=now)
    assert [row.pk for row in day.deals.handed_over] == [opportunity.pk]
    assert [row.pk for row in day.follow_ups] == [late.pk]
    assert [event.contact_id for event in day.replies] == [contact.pk]

    log_activity(
        contact=contact, kind="call", actor=cast.rita, at=now + timedelta(seconds=5), now=now + timedelta(seconds=9)
    )
    day = queries.rep_day(cast.rita, now=now)
    assert day.replies == []
    assert list(day.deals.handed_over) == []


def test_the_month_of_a_rep_adds_up(cast: Cast) -> None:
    now = timezone.now()
    for amount in (1000, 2500):
        contact = hot(cast.rita)
        opportunity = promote(contact_id=contact.pk, now=now, actor=cast.rita, manual=True, reason="Knows us.")
        assert opportunity is not None
        win(opportunity_id=opportunity.pk, amount=amount, closed_on=now.date(), actor=cast.rita, now=now)
    page = client_of(cast.rita).get("/")
    tile = page.context["tiles"][0]
    assert (tile["label"], tile["note"]) == ("Won this month", "2 opportunities")
    assert "€3.5k" in str(tile["value"])
    listed = client_of(cast.rita).get(tile["url"]).content.decode()
    assert "€1,000" in listed
    assert "€2,500" in listed


def test_a_marketer_sees_sources_week_against_week(cast: Cast) -> None:
    now = timezone.now()
    for days, source in ((1, "webinar"), (2, "webinar"), (9, "webinar"), (10, "form"), (40, "card")):
        factories.contact(now=now - timedelta(days=days), source=source)
    day = queries.marketer_day(cast.mara, now=now)
    assert [(row.source, row.count, row.before) for row in day.sources] == [("webinar", 2, 1), ("form", 0, 1)]
    assert (day.new, day.new_before) == (2, 2)
    page = client_of(cast.mara).get("/").content.decode()
    assert f"{reverse('leads')}?view=week&amp;source=webinar" in page
    listed = client_of(cast.mara).get(f"{reverse('leads')}?view=week&source=webinar").content.decode()
    assert listed.count('class="sheet-name"') == 2


def test_a_marketers_steps_open_the_people_behind_them(cast: Cast) -> None:
    now = timezone.now()
    for _ in range(3):
        factories.contact(now=now - timedelta(minutes=5))
    refresh_funnel(now=now)
    mara = client_of(cast.mara)
    page = mara.get("/")
    [[address, count]] = re.findall(r'<a href="(/funnel/[^"]*reached=lead[^"]*)">(.*?)</a>', page.content.decode())
    listed = mara.get(html.unescape(address)).content.decode()
    assert (listed.count('class="sheet-name"'), re.sub("<.*?>", "", count)) == (3, "3")
    tile = next(row for row in page.context["tiles"] if row["label"] == "Won")
    assert mara.get(tile["url"]).context["count"] == 0


def test_the_gaps_of_those_who_miss_one_thing_add_up(cast: Cast) -> None:
    for missing in ("budget", "budget", "authority"):
        hot(None, *({"need", "budget", "authority", "timeline"} - {missing}))
    hot(None, "need")
    day = queries.marketer_day(cast.mara, now=timezone.now(), shown=1)
    assert day.gaps == [("budget", 2), ("authority", 1)]
    assert day.near_count == sum(count for _, count in day.gaps) == 3
    assert len(day.near) == 1


def test_a_manager_sees_changes_and_who_needs_help(cast: Cast) -> None:
    now = timezone.now()
    opportunities = []
    for _ in range(4):
        row = promote(contact_id=hot(cast.rita).pk, now=now, actor=cast.rita, manual=True, reason="Knows us.")
        assert row is not None
        opportunities.append(row)
    won, lost, rotting, valued = opportunities
    win(opportunity_id=won.pk, amount=900, closed_on=now.date(), actor=cast.rita, now=now)
    lose(opportunity_id=lost.pk, reason="price", actor=cast.rita, now=now)
    edit(opportunity_id=valued.pk, actor=cast.rita, now=now, amount="2000")
    type(rotting).objects.filter(pk=rotting.pk).update(stage_entered_at=now - timedelta(days=30))
    add_follow_up(contact=rotting.contact, assignee=cast.rita, title="Call", due_at=now - timedelta(hours=2), now=now)

    day = queries.manager_day(cast.mona, now=now)
    assert [(group.title, group.count) for group in day.changes] == [("Won", 1), ("Lost", 1), ("New", 4)]
    assert day.changes[2].rows[0].pk == valued.pk  # the largest first, the unknown last
    rita = next(seller for seller in day.sellers if seller.user == cast.rita)
    assert (rita.open.count, rita.open.unknown, rita.rotting, rita.overdue) == (2, 1, 1, 1)
    assert rita.won.sums[0].amount == 900
    assert {seller.user for seller in day.sellers} == {cast.rita, cast.ravi, cast.sven}
    for user in (cast.mona, cast.adam, cast.vera):
        page = client_of(user).get("/")
        assert page.templates[0].name == "crm/today_manager.html"
        assert "€900" in page.content.decode()


def test_what_changed_is_counted_and_only_the_largest_are_read(cast: Cast) -> None:
    now = timezone.now()
    for amount in range(9):
        card = pipeline_rows.opportunity(cast.rita, amount=amount or None, opened=now - timedelta(days=1))
        if amount < 8:
            win(opportunity_id=card.pk, amount=100 + amount, closed_on=now.date(), actor=cast.rita, now=now)
    pipeline_rows.opportunity(cast.rita, at="Won", opened=now - timedelta(days=20), closed_at=now - timedelta(days=8))
    with CaptureQueriesContext(connection) as captured:
        groups = queries.manager.changes(cast.mona, now=now)
    assert [(group.title, group.count, len(group.rows)) for group in groups] == [
        ("Won", 8, 6),
        ("Lost", 0, 0),
        ("New", 9, 6),
    ]
    assert [row.amount for row in groups[0].rows] == [107, 106, 105, 104, 103, 102]
    assert [query["sql"].count("LIMIT 6") for query in captured] == [0, 3]


def test_a_manager_sees_the_range_of_the_month_as_soon_as_there_is_one(cast: Cast) -> None:
    now = timezone.now()
    pipeline_rows.opportunity(cast.rita, amount=100, expected_close=now.date())
    assert "8 times of 10" not in client_of(cast.mona).get("/").content.decode()
    outlook = Outlook.objects.create(
        currency="EUR", day=now.date(), mark=1, seed=1, runs=9, open_deals=1, closed_deals=40, at=now, took_ms=1
    )
    month = now.date().replace(day=1)
    OutlookRange.objects.create(outlook=outlook, unit="month", start=month, p10=5000, p50=7000, p90=12000)
    page = client_of(cast.mona).get("/")
    assert "8 times of 10 between €5k and €12k" in re.sub(r"<[^>]+>", "", page.content.decode())
    assert "€7k" in str(page.context["tiles"][0]["value"])  # lies in its range


@pytest.mark.parametrize(("who", "budget"), [("rita", 16), ("mara", 13), ("mona", 16)])
def test_it_costs_the_same_for_many(cast: Cast, who: str, budget: int) -> None:
    client = client_of(getattr(cast, who))

    def count() -> int:
        return page_cost(client, "/")

    def fill() -> None:
        now = timezone.now()
        negotiation = Stage.objects.get(name="Negotiation")
        for _ in range(3):
            contact = hot(cast.rita, "need")
            hot(None, "need", "budget", "authority")
            add_follow_up(contact=contact, assignee=cast.rita, title="Call", due_at=now, now=now)
            row = promote(contact_id=contact.pk, now=now, actor=cast.rita, manual=True, reason="Knows us.")
            assert row is not None
            if row.pk % 2:
                close = now.date() + timedelta(days=1)
                move(
                    opportunity_id=row.pk,
                    stage_id=negotiation.pk,
                    now=now,
                    actor=cast.rita,
                    amount=5,
                    expected_close=close,
                )

    fill()
    few = count()
    for _ in range(6):
        fill()
    assert Standing.objects.count() == 42
    assert count() == few <= budget


def test_an_empty_installation_says_what_will_be_there(cast: Cast) -> None:
    assert "Nobody is near the line" in client_of(cast.rita).get("/").content.decode()
    assert client_of(cast.mona).get("/").status_code == 200
    assert client_of(cast.rita).post("/").status_code == 405


def links(user: User) -> list[str]:
    page = client_of(user).get("/").content.decode()
    assert "Where to begin" in page
    return re.findall(r'class="btn btn-s[^"]*" href="([^"]+)"', page.partition("Where to begin")[2])


def test_the_first_day_says_what_to_do_first(cast: Cast) -> None:
    people, lists, tracking = reverse("settings_people"), reverse("import_new"), reverse("settings_tracking")
    definition, quotas = reverse("definition"), reverse("forecast_quotas")
    assert links(cast.adam) == [people, lists, tracking, definition, quotas]
    assert links(cast.mona) == [lists, definition, quotas]
    assert links(cast.mara) == [lists, tracking, definition]
    page = client_of(cast.vera).get("/").content.decode()
    assert "Nothing has come in yet" in page and "As soon as your colleagues" in page
    for address in (people, lists, tracking, definition, quotas):
        assert client_of(cast.adam).get(address).status_code == 200
    page = client_of(cast.adam).get("/").content.decode()
    assert page.count('aria-label="done"') == 1  # there are colleagues
    assert re.findall(r'btn-primary" href="([^"]+)"', page) == [lists]
    factories.contact(now=timezone.now() - timedelta(days=90))
    assert "No new lead in two weeks" in client_of(cast.mara).get("/").content.decode()
    assert links(cast.mona) == [lists, definition, quotas]
    row = pipeline_rows.opportunity(cast.rita, opened=timezone.now() - timedelta(days=90))
    lose(opportunity_id=row.pk, reason="price", actor=cast.rita, now=timezone.now() - timedelta(days=80))
    for user in (cast.mara, cast.mona, cast.adam, cast.vera):
        page = client_of(user).get("/").content.decode()
        assert "Where to begin" not in page and "Nothing has come in yet" not in page
