"""The week in figures."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from activities.models import NoticeHours, Notification
from crm import digest
from leads.models import Contact
from pipeline.services import promote, win
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)


def born(at: datetime, **fields: Any) -> Contact:
    contact = factories.contact(now=at, **fields)
    Contact.objects.filter(pk=contact.pk).update(created_at=at)
    return contact


def test_the_last_whole_week_is_told_beside_the_one_before(cast: Cast) -> None:
    inside, earlier = MONDAY - timedelta(days=3), MONDAY - timedelta(days=10)
    for at in (inside, inside, earlier, MONDAY - timedelta(hours=1), MONDAY - timedelta(days=15)):
        born(at)
    sold = born(inside, source="webinar")
    deal = promote(contact_id=sold.pk, now=inside, actor=cast.rita, manual=True, reason="Met")
    assert deal is not None
    win(opportunity_id=deal.pk, amount="1200", closed_on=inside.date(), actor=cast.rita, now=inside)
    week = digest.last_week(now=MONDAY)
    assert week.headline == "Last week: 3 new leads, 1 prospect, won €1,200"
    text = "\n".join(week.lines)
    assert "The week of 8 June" in text
    assert "New leads      3 (1)" in text
    assert "Webinar: 1 (0)" in text
    assert "Won            1: €1,200" in text
    assert "Open now       none" in text


def test_it_comes_on_monday_at_each_ones_own_hour_and_once(cast: Cast) -> None:
    cast.mona.timezone = "America/New_York"
    cast.mona.save()
    NoticeHours.objects.create(user=cast.mara, digest_at=time(10))
    readers = {cast.mara.pk, cast.mona.pk, cast.adam.pk}
    seen: dict[int, list[int]] = {}
    at = MONDAY - timedelta(hours=8)
    while at < MONDAY + timedelta(days=2):
        ids = digest.due(now=at)
        assert digest.tell(ids, now=at) == len(ids)
        for pk in ids:
            seen.setdefault(pk, []).append(round((at - MONDAY).total_seconds() / 3600))
        at += timedelta(hours=1)
    assert seen == {cast.adam.pk: [0], cast.mara.pk: [2], cast.mona.pk: [4]}
    assert seen.keys() == readers
    notice = Notification.objects.get(user=cast.adam)
    assert (notice.topic, notice.mail_at) == ("week", MONDAY + timedelta(minutes=2))
    assert notice.body.startswith("The week of 8 June")


def test_what_a_stopped_server_missed_is_told_later_in_the_week(cast: Cast) -> None:
    assert digest.due(now=MONDAY + timedelta(days=3)) == sorted([cast.mara.pk, cast.mona.pk, cast.adam.pk])
    assert digest.due(now=MONDAY - timedelta(hours=9)) == sorted([cast.mara.pk, cast.mona.pk, cast.adam.pk])
    digest.tell([cast.mara.pk, cast.mona.pk, cast.adam.pk], now=MONDAY - timedelta(hours=9))  # of the week before
    assert digest.due(now=MONDAY - timedelta(hours=9)) == []


def test_the_sources_that_are_listed_add_up() -> None:
    inside = MONDAY - timedelta(days=3)
    for source in ("form", "newsletter", "download", "webinar", "referral", "card", "import"):
        for _ in range(2 if source == "form" else 1):
            born(inside, source=source)
    born(MONDAY - timedelta(days=10), source="webinar")
    lines = list(digest.last_week(now=MONDAY).lines)
    first = lines.index("New leads      8 (1)") + 1
    assert lines[first] == "  Web form: 2 (0)"
    assert lines[first + 5 : first + 7] == ["  From elsewhere: 2 (1)", "Prospects      0 (0)"]
    assert sum(int(line.split(": ")[1].split(" ")[0]) for line in lines[first : first + 6]) == 8
