"""What arrives at one moment: neither blocks the other for ever, and nothing is refused for the other's sake."""

import threading

import pytest
from django.db import connection, transaction

from capture import beacon
from capture.models import Site
from capture.questions import Question
from capture.services import collect_events, submit_form
from capture.sites import KnownSite
from leads import kinds
from leads.models import Contact, EngagementEvent
from leads.services import NewEvent, record_events
from tests import factories
from tests.capture.making import EMAIL, make_form
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_resubmission_fills_a_field_while_events_of_that_person_arrive() -> None:
    contact = factories.contact(email="ada@acme.example", job_title="")
    form = make_form("role", EMAIL, Question("job_title", "Job title", maps_to="contact.job_title"))
    stored, failures = threading.Event(), list[Exception]()

    def events_arrive() -> None:
        try:
            with transaction.atomic():
                record_events(
                    [NewEvent("page_view", ("email", "ada@acme.example"), NOW, "test", "m1", {"path": "/"})], now=NOW
                )
                stored.set()
                threading.Event().wait(0.4)  # the form is filled in before this is committed
        except Exception as failure:
            failures.append(failure)
        finally:
            stored.set()
            connection.close()

    thread = threading.Thread(target=events_arrive)
    thread.start()
    assert stored.wait(10)
    answers = {"email": "ada@acme.example", "job_title": "Head of IT"}
    submitted = submit_form(form, answers=answers, message_id="f1", now=NOW)
    thread.join(20)
    assert failures == []
    assert (submitted.contact_id, submitted.is_new) == (contact.pk, False)
    assert Contact.objects.get().job_title == "Head of IT"
    assert EngagementEvent.objects.filter(contact=contact).count() == 2


def test_a_new_kind_is_taken_although_another_request_reads_the_registry_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the other one remembers must have the kind in it: else whoever brought it is told that there is none."""
    forget = kinds.forget

    def other_request() -> None:
        kinds.known_kinds()
        connection.close()

    def forget_and_be_overtaken() -> None:
        forget()
        thread = threading.Thread(target=other_request)
        thread.start()
        thread.join(20)

    monkeypatch.setattr(kinds, "forget", forget_and_be_overtaken)
    site = Site.objects.create(name="Shop")
    told = beacon.Seen("m1", "Video Started", NOW, {"video": "tour"})
    content = beacon.Beacon(site.write_key, "visitor-0001", [told], consent=True)
    assert collect_events(content, site=KnownSite(site.pk, frozenset()), now=NOW).accepted == 1
    assert EngagementEvent.objects.get().kind.key == "video_started"
