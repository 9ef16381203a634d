"""A person fills in a form again while their events arrive: neither blocks the other for ever."""

import threading

import pytest
from django.db import connection, transaction

from capture.questions import Question
from capture.services import submit_form
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
