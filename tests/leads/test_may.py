"""The one question: may we?"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Consent, ConsentWording, Contact, IdentityKind, Purpose
from leads.queries.consent import has_objected, may, may_be_contacted, states_of
from leads.services import NewEvent, link_identity, record_consent, record_events
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
ANONYMOUS = (IdentityKind.ANONYMOUS.value, "visitor-0001")


def say(contact: Contact, given: bool, *, hours: int = 0, purpose: str = "marketing", **more: object) -> Consent:
    at = NOW + timedelta(hours=hours)
    return record_consent(contact=contact, purpose=purpose, given=given, now=at, source="form:x", **more)  # type: ignore[arg-type]


def allowed(contact: Contact) -> set[str]:
    """Asked in three ways, which must agree."""
    one = {purpose.value for purpose in Purpose if may(contact, purpose)}
    many = {purpose.value for purpose in Purpose if Contact.objects.filter(may_be_contacted(purpose)).exists()}
    shown = {state.purpose.value for state in states_of(contact) if state.is_allowed}
    assert one == many == shown
    return one


def test_marketing_needs_a_yes_and_the_newest_word_stands() -> None:
    contact = factories.contact()
    assert allowed(contact) == {"calls", "profiling"}
    say(contact, True, hours=2)
    assert allowed(contact) == {"marketing", "calls", "profiling"}
    say(contact, False, hours=1)  # told later, but said earlier
    assert "marketing" in allowed(contact)
    say(contact, False, hours=3)
    say(contact, False, hours=3, purpose="calls")
    assert allowed(contact) == {"profiling"}
    say(contact, True, hours=3)  # at the same instant: what was written last
    assert allowed(contact) == {"marketing", "profiling"}


def test_what_needs_consent_is_set_by_the_installation(settings: object) -> None:
    settings.CONSENT_REQUIRED = ["calls", "profiling"]  # type: ignore[attr-defined]
    contact = factories.contact()
    assert allowed(contact) == {"marketing"}
    assert has_objected("email", contact.email)
    say(contact, True, purpose="profiling")
    assert allowed(contact) == {"marketing", "profiling"}
    assert not has_objected("email", contact.email)


def test_a_visitor_s_word_is_the_contact_s_once_we_know_them() -> None:
    contact = factories.contact()
    assert not has_objected(*ANONYMOUS)
    record_consent(identity=ANONYMOUS, purpose="profiling", given=False, now=NOW, source="tracker:1")
    assert has_objected(*ANONYMOUS)
    assert allowed(contact) == {"marketing", "calls", "profiling"} - {"marketing"}
    assert link_identity(kind=ANONYMOUS[0], value=ANONYMOUS[1], contact=contact)
    assert allowed(contact) == {"calls"}
    assert has_objected("email", contact.email)  # on every way we know them
    say(contact, True, hours=1, purpose="profiling")
    assert allowed(contact) == {"calls", "profiling"}
    assert not has_objected(*ANONYMOUS)


def test_an_unsubscribed_event_takes_marketing_back_also_before_we_know_whose_it_is() -> None:
    contact = factories.contact()
    say(contact, True)
    factories.event(contact, "unsubscribed", now=NOW + timedelta(hours=1))
    assert "marketing" not in allowed(contact)
    row = Consent.objects.get(given=False)
    assert (row.source, row.event.kind.key if row.event else "") == ("unsubscribed", "unsubscribed")
    say(contact, True, hours=2)
    unknown = NewEvent(
        kind="unsubscribed",
        identity=("email", "second@example.com"),
        occurred_at=NOW + timedelta(hours=3),
        source="mailing",
        message_id="u1",
    )
    for _ in range(2):  # sent twice
        record_events([unknown], now=NOW + timedelta(hours=3))
    assert Consent.objects.filter(source="unsubscribed").count() == 2
    assert "marketing" in allowed(contact)
    link_identity(kind="email", value="second@example.com", contact=contact)
    assert "marketing" not in allowed(contact)


def test_each_wording_is_a_version_and_kept_once() -> None:
    one, two = factories.contact(), factories.contact()
    first = say(one, True, wording="You may write to me.")
    assert say(two, True, wording=" You may write to me. ").shown == first.shown
    second = say(one, True, hours=1, wording="You may write to me weekly.")
    other = say(one, True, wording="You may call me.", purpose="calls")
    assert [(row.purpose, row.version) for row in ConsentWording.objects.order_by("pk")] == [
        ("marketing", 1),
        ("marketing", 2),
        ("calls", 1),
    ]
    assert (second.wording, other.wording, say(two, False).wording) == (
        "You may write to me weekly.",
        "You may call me.",
        "",
    )


def test_many_are_asked_in_one_statement() -> None:
    for _ in range(3):
        say(factories.contact(), True)
    with CaptureQueriesContext(connection) as asked:
        assert Contact.objects.filter(may_be_contacted(Purpose.MARKETING)).count() == 3
    assert len(asked) == 1
