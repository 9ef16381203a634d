"""Whom a version promoted that was withdrawn, who of them would not have been, and the way to undo it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.models import Contact, EngagementEvent, Lifecycle, Standing
from pipeline import services
from pipeline.models import HandOff
from pipeline.queries.promoted import promoted_by
from scoring.models import Definition, Verdict
from scoring.queries import active_spec
from scoring.queries.drafts import content_of
from scoring.services import definitions
from tests import factories
from tests.conftest import Cast, client_of
from tests.pipeline import rows

pytestmark = pytest.mark.django_db


def promoted(*kinds: str, days_ago: int = 2) -> Contact:
    """A lead that did these things, and that version 2 made a prospect on that day."""
    at = timezone.now() - timedelta(days=days_ago)
    contact = rows.qualified(now=at)
    for kind in kinds:
        factories.event(contact, kind, now=at - timedelta(days=1))
    EngagementEvent.objects.filter(contact=contact).update(received_at=at - timedelta(days=1))
    factories.bant(contact, now=at - timedelta(days=1))
    Standing.objects.filter(pk=contact.pk).update(definition_version=2)
    Verdict.objects.filter(contact=contact).update(definition=Definition.objects.get(version=2))
    assert services.promote(contact_id=contact.pk, now=at) is not None
    return contact


@pytest.fixture
def withdrawn(cast: Cast) -> Definition:
    """Version 2 asked for 20 points; version 3 is the first one again, which asks for 50."""
    before = timezone.now() - timedelta(days=20)
    row = definitions.new_draft(by=cast.mara, now=before)
    content = replace(content_of(row), threshold=20)
    row = definitions.save_draft(definition_id=row.pk, content=content, by=cast.mara, seen=1, now=before)
    for side, who in (("marketing", cast.mara), ("sales", cast.mona)):
        definitions.sign(definition_id=row.pk, side=side, by=who, seen=row.revision, now=before)
    definitions.activate(definition_id=row.pk, seen=row.revision, now=before, is_sure=True)
    definitions.roll_back(
        definition_id=Definition.objects.get(version=1).pk, by=cast.mona, now=timezone.now() - timedelta(hours=1)
    )
    row.refresh_from_db()
    return row


def test_each_is_judged_by_the_version_in_force_as_of_its_day(cast: Cast, withdrawn: Definition) -> None:
    weak = promoted("demo_requested", "email_replied")
    strong = promoted("demo_requested", "email_replied", "meeting_held", "trial_started")
    since = timezone.now() - timedelta(days=30)
    found = {
        one.hand_off.contact_id: one.why_not for one in promoted_by(2, by=active_spec(), user=cast.mona, since=since)
    }
    assert found == {weak.pk: "score 42, the line is 50", strong.pk: ""}
    # what happened since does not count, nor what somebody else promoted, nor what is long ago
    factories.event(weak, "meeting_held", now=timezone.now())
    assert services.promote(
        contact_id=rows.qualified(now=timezone.now()).pk,
        now=timezone.now(),
        actor=cast.mona,
        manual=True,
        reason="Mine.",
    )
    again = promoted_by(2, by=active_spec(), user=cast.mona, since=since)
    assert {one.hand_off.contact_id: one.why_not for one in again} == found
    assert promoted_by(2, by=active_spec(), user=cast.mona, since=timezone.now()) == []
    assert promoted_by(1, by=active_spec(), user=cast.mona, since=since) == []


def test_the_page_names_them_and_undoes_them_where_it_stands(cast: Cast, withdrawn: Definition) -> None:
    weak = promoted("demo_requested", "email_replied")
    strong = promoted("demo_requested", "email_replied", "meeting_held", "trial_started")
    url = reverse("definition_promoted", args=[withdrawn.pk])
    client = client_of(cast.mona)
    html = client.get(url).content.decode()
    would_not, would = html.split("Would not be prospects")[1].split("Would be, too")
    assert weak.name in would_not and "Score 42, the line is 50" in would_not
    assert strong.name in would and "A prospect, too" in would
    notice = client.get(f"{url}?part=notice", HTTP_HX_REQUEST="true").content.decode()
    assert 'it made 2 leads prospects; <b class="num">1</b> of them would not be by v3' in notice
    # a marketer reads, and is not offered what they may not do
    read = client_of(cast.mara).get(url).content.decode()
    assert weak.name in read and "hand-offs/" in read and "/undo/" not in read
    assert "a rep or a manager can" in read

    row = HandOff.objects.get(contact=weak)
    undo = f"{reverse('hand_off_undo', args=[row.pk])}?stay=1"
    assert undo in would_not
    assert f'hx-post="{undo}"' in client.get(undo, HTTP_HX_REQUEST="true").content.decode()
    answer = client.post(undo, {"reason": "v2 was too easy"}, HTTP_HX_REQUEST="true")
    assert answer.status_code == 204 and "hand-offs-changed" in answer["HX-Trigger"]
    assert Standing.objects.get(pk=weak.pk).lifecycle == Lifecycle.LEAD
    html = client.get(url).content.decode()
    assert weak.name not in html and strong.name in html


def test_a_version_in_force_is_compared_with_nothing_and_reps_see_their_teams(
    cast: Cast, withdrawn: Definition
) -> None:
    contact = promoted("demo_requested", "email_replied")
    HandOff.objects.filter(contact=contact).update(rep=cast.sven)
    url = reverse("definition_promoted", args=[withdrawn.pk])
    assert contact.name in client_of(cast.sven).get(url).content.decode()
    assert contact.name not in client_of(cast.rita).get(url).content.decode()
    active = Definition.objects.get(version=3)
    html = client_of(cast.mona).get(reverse("definition_promoted", args=[active.pk])).content.decode()
    assert "Nobody" in html and "that day" not in html
    assert client_of(cast.mona).get(reverse("definition_promoted", args=[2**40])).status_code == 404
    assert client_of(cast.mona).post(url).status_code == 405
