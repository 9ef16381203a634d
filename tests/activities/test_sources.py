"""Where something came from, as the timeline says it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.queries import timeline
from capture.models import Form, Site
from capture.queries import source_names
from leads import services
from leads.models import Contact, EngagementEvent
from leads.sources import in_words
from tests import factories
from tests.conftest import NOW, Cast, client_of

NAMES = {"form:demo": "See a demo", "tracker:1": "Web site", "segment:2": "The product", "api:4": "Rita Roth"}


@pytest.fixture
def contact(db: None) -> Contact:
    return factories.contact(now=NOW - timedelta(days=30))


def by_form(contact: Contact, at: datetime, **properties: Any) -> None:
    pk = factories.event(contact, "form_submitted", now=at, **properties)
    assert pk is not None
    EngagementEvent.objects.filter(pk=pk).update(source="form:demo")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("form:demo", "form “See a demo”"),
        ("form:demo, confirmed by mail", "form “See a demo”, confirmed by mail"),
        ("form:gone", "form “gone”"),
        ("form: paper, at the fair (noted by Rita)", "form: paper, at the fair (noted by Rita)"),
        ("import: fair list of May", "import: fair list of May"),
        ("tracker:1", "Web site"),
        ("segment:2", "The product"),
        ("tracker:9", "a site"),
        ("api:7", "API"),
        ("api:4", "API (Rita Roth)"),
        ("import:3f2a", "an imported list"),
        ("import", "an imported list"),
        ("api", "API"),
        ("manual", ""),
        ("activity", ""),
        ("On the phone", "On the phone"),
        ("At the fair: hall 3", "At the fair: hall 3"),
        ("", ""),
    ],
)
def test_words(source: str, words: str) -> None:
    assert in_words(source, NAMES) == words


@pytest.mark.django_db
def test_the_form_is_called_by_its_name(cast: Cast, contact: Contact) -> None:
    form = Form.objects.get(slug="demo")
    Form.objects.filter(pk=form.pk).update(title="Watch it work")
    by_form(contact, NOW, form="demo")
    by_form(contact, NOW - timedelta(hours=2), form="other")
    services.record_consent(
        contact=contact, purpose="calls", given=True, now=NOW - timedelta(days=3), source="form:demo"
    )
    first, second, consent = timeline(contact, names=source_names).items[:3]
    assert (first.title, first.meta) == ("Filled in a form: Watch it work", "")
    assert (second.title, second.meta) == ("Filled in a form: other", "form “Watch it work”")
    assert (consent.title, consent.meta) == ("Agreed to: Calls", "form “Watch it work”")
    page = client_of(cast.adam).get(f"/leads/{contact.pk}/").content.decode()
    assert "Watch it work" in page
    assert "form:demo" not in page


@pytest.mark.django_db
def test_names_are_asked_for_only_where_one_is_shown(contact: Contact) -> None:
    factories.event(contact, "email_opened", now=NOW)
    with CaptureQueriesContext(connection) as made:
        timeline(contact, names=source_names)
    assert len(made) == 1
    by_form(contact, NOW)
    with CaptureQueriesContext(connection) as made:
        timeline(contact, names=source_names)
    assert len(made) == 2


@pytest.mark.django_db
def test_names_of_forms_and_sites() -> None:
    site = Site.objects.get()
    names = source_names()
    assert names[f"tracker:{site.pk}"] == names[f"segment:{site.pk}"] == site.name
    assert names["form:demo"] == Form.objects.get(slug="demo").title
