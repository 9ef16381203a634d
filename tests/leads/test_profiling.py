"""Whoever takes profiling back is not scored by visits any more, and is again once they agree."""

from datetime import timedelta

import pytest

from leads.human import Sign
from leads.models import ChangedContact, Contact, EngagementEvent
from leads.services import NewEvent, record_consent, record_events, upsert_contact
from leads.tasks import apply_profiling, apply_profiling_missed
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def visit(contact: Contact, source: str, number: int) -> None:
    event = NewEvent("page_view", ("email", contact.email), NOW, source, f"{source}-{number}", {"path": "/"})
    record_events([event], now=NOW)


@pytest.fixture
def contact() -> Contact:
    contact = factories.contact()
    for number, source in enumerate(("tracker:1", "segment:2", "form:demo", "activity", "tracker:1")):
        visit(contact, source, number)
    return contact


def held() -> list[str]:
    return list(EngagementEvent.objects.filter(is_quarantined=True).order_by("pk").values_list("source", flat=True))


def say(contact: Contact, given: bool, hours: int) -> None:
    at = NOW + timedelta(hours=hours)
    record_consent(contact=contact, purpose="profiling", given=given, now=at, source="preferences")


def test_visits_are_held_and_released_and_what_they_did_on_purpose_counts(contact: Contact) -> None:
    say(contact, False, 1)
    ChangedContact.objects.all().delete()
    apply_profiling([contact.pk])
    apply_profiling([contact.pk])
    assert held() == ["tracker:1", "segment:2", "tracker:1"]
    assert ChangedContact.objects.filter(contact_id=contact.pk).count() == 1  # scored anew, once
    say(contact, True, 2)
    apply_profiling([contact.pk])
    assert held() == []
    assert not EngagementEvent.objects.filter(human_reasons__contains=[Sign.OBJECTED]).exists()


def test_a_machine_s_visit_stays_in_quarantine_when_people_agree_again(contact: Contact) -> None:
    first = EngagementEvent.objects.earliest("pk")
    EngagementEvent.objects.filter(pk=first.pk).update(is_quarantined=True, human=2, human_reasons=["bot"])
    say(contact, False, 1)
    apply_profiling([contact.pk])
    say(contact, True, 2)
    apply_profiling([contact.pk])
    first.refresh_from_db()
    assert (first.is_quarantined, first.human_reasons) == (True, ["bot"])
    assert held() == ["tracker:1"]


def test_many_visits_are_held_in_ranges(contact: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.services.profiling.RANGE", 2)
    say(contact, False, 1)
    apply_profiling([contact.pk])
    assert len(held()) == 3


def test_the_sweep_does_what_was_lost(contact: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    say(contact, False, 1)
    monkeypatch.setattr("leads.tasks.timezone.now", lambda: NOW + timedelta(hours=2))
    apply_profiling_missed()
    assert len(held()) == 3


def test_consent_for_another_purpose_holds_nothing(contact: Contact) -> None:
    other, _ = upsert_contact(source="form", now=NOW, email="other@example.com")
    record_consent(contact=contact, purpose="marketing", given=False, now=NOW, source="preferences")
    apply_profiling([contact.pk, other.pk, 0])
    assert held() == []
