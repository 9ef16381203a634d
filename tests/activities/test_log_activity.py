from datetime import timedelta

import pytest

from activities.models import Activity
from activities.services import add_entry, log_activity
from core.errors import Refused
from leads.models import ChangedContact, Contact, EngagementEvent, Identity
from leads.services import create_contact
from tests import factories
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db


def log(contact: Contact, cast: Cast, kind: str = "call", **fields: object) -> Activity:
    values = {"at": NOW - timedelta(hours=1), "now": NOW} | fields
    return log_activity(contact=contact, kind=kind, actor=cast.rita, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "outcome", "counts_as"),
    [
        ("call", "", "call_connected"),
        ("call", "connected", "call_connected"),
        ("meeting", "held", "meeting_held"),
        ("reply", "", "email_replied"),
        ("mail", "", None),
        ("call", "voicemail", None),
        ("call", "no_answer", None),
        ("call", "wrong_number", None),
        ("meeting", "no_show", None),
        ("meeting", "cancelled", None),
        ("note", "", None),
    ],
)
def test_it_counts_as_two_way_only_when_they_talked_to_us(
    cast: Cast, kind: str, outcome: str, counts_as: str | None
) -> None:
    contact = factories.contact()
    ChangedContact.objects.all().delete()
    activity = log(contact, cast, kind, outcome=outcome, body="We spoke.")
    events = list(EngagementEvent.objects.select_related("kind"))
    assert [event.kind.key for event in events] == ([counts_as] if counts_as else [])
    assert (activity.event_id is not None) == bool(counts_as)
    assert ChangedContact.objects.exists() == bool(counts_as)
    if counts_as:
        assert (events[0].contact_id, events[0].source, events[0].occurred_at) == (contact.pk, "activity", activity.at)
        assert events[0].kind.direction == "two_way"


def test_a_double_click_logs_once(cast: Cast) -> None:
    contact = factories.contact()
    first = log(contact, cast, nonce="n1", body="one")
    again = log(contact, cast, nonce="n1", body="two")
    assert again.pk == first.pk
    assert Activity.objects.get().body == "one"
    assert EngagementEvent.objects.count() == 1


def test_the_nonce_of_another_contact_is_refused(cast: Cast) -> None:
    log(factories.contact(), cast, nonce="n1")
    with pytest.raises(Refused):
        log(factories.contact(), cast, nonce="n1")
    assert Activity.objects.count() == 1


def test_somebody_of_whom_only_the_name_is_known_can_be_talked_to(cast: Cast) -> None:
    contact = create_contact(source="manual", now=NOW, last_name="Solo")
    log(contact, cast)
    log(contact, cast)
    assert EngagementEvent.objects.filter(contact=contact).count() == 2
    assert Identity.objects.get(contact=contact).value == f"winnow:{contact.pk}"


def test_a_number_shared_with_somebody_else_does_not_lead_to_them(cast: Cast) -> None:
    factories.contact(email="", phone="+49301234567")
    second = create_contact(source="manual", now=NOW, last_name="Second", phone="+49301234567")
    log(second, cast)
    assert EngagementEvent.objects.get().contact_id == second.pk


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"kind": "stage"}, "kind"),
        ({"kind": "call", "outcome": "held"}, "outcome"),
        ({"kind": "note", "body": " \0\n"}, "body"),
        ({"kind": "note", "body": "x" * 10_001}, "body"),
        ({"at": NOW + timedelta(hours=1)}, "at"),
        ({"at": NOW.replace(year=1999)}, "at"),
        ({"nonce": "x" * 41}, ""),
    ],
)
def test_nonsense_is_refused_by_name_and_nothing_is_written(cast: Cast, fields: dict[str, object], named: str) -> None:
    with pytest.raises(Refused) as refused:
        log(factories.contact(), cast, **({"kind": "call"} | fields))  # type: ignore[arg-type]
    assert named in refused.value.fields
    assert not Activity.objects.exists()
    assert not EngagementEvent.objects.exists()


def test_entries_of_apps_above_are_cut_to_what_fits(cast: Cast) -> None:
    entry = add_entry(contact_id=factories.contact().pk, kind="stage", title="x\0" * 400, at=NOW, actor=cast.rita)
    assert (len(entry.title), entry.nonce, entry.event_id) == (300, "", None)
    with pytest.raises(ValueError, match="bogus"):
        add_entry(contact_id=entry.contact_id, kind="bogus", title="x", at=NOW)
