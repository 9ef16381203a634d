"""Opportunities are found by the names of today."""

from collections.abc import Callable

import pytest

from leads.models import Company
from leads.services import change_company, change_contact, merge_contacts
from pipeline.models import Opportunity
from pipeline.services import promote
from pipeline.tasks import refresh_search, refresh_search_missed
from tests import factories
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(cast: Cast) -> Opportunity:
    company = Company.objects.create(name="Amber Works")
    contact = factories.contact(first_name="Jane", last_name="Doe", company=company)
    found = promote(contact_id=contact.pk, now=NOW, actor=cast.rita, manual=True, reason="Knows us.")
    assert found is not None
    return found


def _text(deal: Opportunity) -> str:
    return Opportunity.objects.get(pk=deal.pk).search_text


@pytest.mark.parametrize("missed", [False, True])
def test_a_renamed_person_is_found(deal: Opportunity, missed: bool) -> None:
    change_contact(deal.contact, last_name="Miller")
    assert "miller" not in _text(deal)
    if missed:
        refresh_search_missed()
    else:
        refresh_search(contact_ids=[deal.contact_id])
    assert "jane miller" in _text(deal)
    assert Opportunity.objects.get(pk=deal.pk).version == deal.version


def test_a_change_is_announced(deal: Opportunity, django_capture_on_commit_callbacks: Callable[..., object]) -> None:
    with django_capture_on_commit_callbacks() as callbacks:  # type: ignore[attr-defined]
        change_contact(deal.contact, last_name="Miller")
    tasks = [callback.args[0].name for callback in callbacks if hasattr(callback, "args")]
    assert "pipeline.tasks.refresh_search" in tasks


def test_a_renamed_company_and_a_merged_person_are_found(deal: Opportunity) -> None:
    assert deal.company
    change_company(deal.company, name="Beryl Works")
    other = factories.contact(first_name="Ann", last_name="Other")
    merge_contacts(survivor_id=other.pk, former_id=deal.contact_id, now=NOW, chosen={"company": "survivor"})
    refresh_search(contact_ids=[other.pk])
    assert "ann other" in _text(deal)
    assert "beryl" in _text(deal)
