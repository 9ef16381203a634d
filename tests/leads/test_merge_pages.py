"""Merging in the browser: choose, compare, merge, find again under the old address, undo."""

from datetime import timedelta

import pytest
from django.urls import reverse

from leads.models import Company, Contact, Duplicate, DuplicateState, Merge
from leads.services import assign_owner, change_contact, merge_companies, merge_contacts
from leads.tasks import find_duplicates
from pipeline.models import Opportunity
from pipeline.services import promote
from tests import factories
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def two(cast: Cast) -> tuple[Contact, Contact]:
    kept = factories.contact(first_name="Jane", last_name="Doe", email="jane@acme.example")
    gone = factories.contact(first_name="J.", last_name="Doe", email="j.doe@acme.example", phone="+49 30 123456")
    assign_owner([kept.pk, gone.pk], cast.rita)
    return kept, gone


def _merge_url(two: tuple[Contact, Contact]) -> str:
    return reverse("contact_merge", args=[two[0].pk, two[1].pk])


def test_the_page_shows_both_and_takes_the_former_only_where_the_survivor_has_nothing(
    cast: Cast, two: tuple[Contact, Contact]
) -> None:
    factories.event(two[1])
    page = client_of(cast.rita).get(_merge_url(two)).content.decode()
    assert 'name="email" value="survivor" checked' in page
    assert 'name="phone" value="former" checked' in page
    assert "engagement event" in page
    assert 'name="lifecycle"' not in page


def test_merging_leads_to_the_survivor_with_the_chosen_values(cast: Cast, two: tuple[Contact, Contact]) -> None:
    kept, gone = two
    response = client_of(cast.rita).post(_merge_url(two), {"email": "former", "first_name": "survivor"})
    assert (response.status_code, response["Location"]) == (302, reverse("contact", args=[kept.pk]))
    kept.refresh_from_db()
    assert (kept.first_name, kept.email, kept.phone) == ("Jane", "j.doe@acme.example", "+49 30 123456")
    merge = Merge.objects.get()
    assert (merge.former_id, merge.by) == (gone.pk, cast.rita)


def test_the_message_names_them_as_they_are_called_now(cast: Cast, two: tuple[Contact, Contact]) -> None:
    rita = client_of(cast.rita)
    Contact.objects.update(created_at=NOW)
    Contact.objects.filter(pk=two[1].pk).update(created_at=LATER)
    page = rita.get(_merge_url(two)).content.decode()
    assert f"{LATER:%-d %b %Y}" in page
    assert f"{LATER:%Y-%m-%d}" not in page
    page = rita.post(_merge_url(two), {"first_name": "former"}, follow=True).content.decode()
    assert "J. Doe is one record now." in page
    other = factories.contact(first_name="Bo", last_name="Ek")
    page = rita.post(_merge_url((two[0], other)), {"last_name": "former"}, follow=True).content.decode()
    assert "Bo Ek is part of J. Ek now." in page


def test_an_old_address_leads_to_the_survivor(cast: Cast, two: tuple[Contact, Contact]) -> None:
    kept, gone = two
    merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER)
    rita = client_of(cast.rita)
    response = rita.get(reverse("contact", args=[gone.pk]))
    assert (response.status_code, response["Location"]) == (302, reverse("contact", args=[kept.pk]))
    for name in ("contact_head", "contact_facts", "contact_timeline", "contact_todo", "score_why", "contact_edit"):
        assert rita.get(reverse(name, args=[gone.pk])).status_code == 200, name
    assert rita.get(reverse("activity_new", args=[gone.pk, "call"])).status_code == 200
    assert rita.get(reverse("contact", args=[2**63])).status_code == 404
    assert client_of(cast.sven).get(reverse("contact", args=[gone.pk])).status_code == 404


def test_who_may_merge(cast: Cast, two: tuple[Contact, Contact]) -> None:
    url = _merge_url(two)
    assert client_of(cast.ravi).get(url).status_code == 200
    assert client_of(cast.sven).get(url).status_code == 404
    assert client_of(cast.vera).post(url).status_code == 403
    assert client_of(cast.rita).put(url).status_code == 405
    other = factories.contact()
    assign_owner([other.pk], cast.sven)
    assert client_of(cast.rita).post(reverse("contact_merge", args=[two[0].pk, other.pk])).status_code == 404
    assert not Merge.objects.exists()


def test_a_repeated_merge_says_that_they_are_one(cast: Cast, two: tuple[Contact, Contact]) -> None:
    rita = client_of(cast.rita)
    rita.post(_merge_url(two))
    response = rita.post(_merge_url(two), follow=True)
    assert "These are one record already." in response.content.decode()
    assert Merge.objects.count() == 1


def test_what_is_in_the_way_is_said_with_a_link(cast: Cast, two: tuple[Contact, Contact]) -> None:
    deals = [promote(contact_id=one.pk, now=NOW, actor=cast.rita, manual=True, reason="Knows us.") for one in two]
    rita = client_of(cast.rita)
    for response, status in ((rita.get(_merge_url(two)), 200), (rita.post(_merge_url(two)), 422)):
        page = response.content.decode()
        assert response.status_code == status
        assert page.count("Both have an open opportunity in the same pipeline. Win or lose one of them first.") == 1
        assert all(deal and page.count(reverse("opportunity", args=[deal.pk])) == 2 for deal in deals)
        assert 'title="Merge (M)"' not in page
    lost = deals[1]
    assert lost is not None
    Opportunity.objects.filter(pk=lost.pk).update(closed_at=NOW)
    page = rita.get(_merge_url(two)).content.decode()
    assert "Both have an open opportunity" not in page
    assert 'title="Merge (M)"' in page


def test_the_survivors_page_tells_of_the_merge_and_takes_it_back(cast: Cast, two: tuple[Contact, Contact]) -> None:
    kept, gone = two
    merge = merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER, by=cast.rita)
    rita = client_of(cast.rita)
    assert reverse("contact_merges", args=[kept.pk]) in rita.get(reverse("contact", args=[kept.pk])).content.decode()
    panel = rita.get(reverse("contact_merges", args=[kept.pk])).content.decode()
    undo = reverse("merge_undo", args=[merge.pk])
    assert "Merged with <b>J. Doe</b>" in panel
    assert undo in panel
    assert undo not in client_of(cast.vera).get(reverse("contact_merges", args=[kept.pk])).content.decode()
    assert client_of(cast.sven).post(undo).status_code == 404
    assert client_of(cast.vera).post(undo).status_code == 403
    assert rita.post(undo).status_code == 302
    assert rita.get(reverse("contact", args=[gone.pk])).status_code == 200
    assert rita.post(undo).status_code == 404  # it has been undone


def test_a_conflict_is_asked_and_answered(cast: Cast, two: tuple[Contact, Contact]) -> None:
    kept, gone = two
    merge = merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER)
    change_contact(kept, phone="+49 30 999999")
    rita, undo = client_of(cast.rita), reverse("merge_undo", args=[merge.pk])
    assert "Phone: +49 30 999999" in rita.get(undo).content.decode()
    response = rita.post(undo, {})
    assert response.status_code == 422
    assert rita.post(undo, {"phone": "anything"}).status_code == 422
    assert rita.post(undo, {"phone": "goes"}).status_code == 302
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.phone, gone.phone) == ("", "+49 30 999999")


def test_choosing_with_whom(cast: Cast, two: tuple[Contact, Contact]) -> None:
    kept, _gone = two
    find_duplicates()
    url = reverse("contact_merge_with", args=[kept.pk])
    assert _merge_url(two) in client_of(cast.rita).get(url).content.decode()  # without a search: who looks alike
    found = client_of(cast.rita).get(
        url, {"q": "j.doe@acme.example"}, headers={"HX-Request": "true", "HX-Target": "found"}
    )
    assert _merge_url(two) in found.content.decode()
    assert "<html" not in found.content.decode()
    assert client_of(cast.rita).get(url, {"q": "\0" * 5000 + "'"}).status_code == 200


def test_the_queue_and_its_decisions(cast: Cast, two: tuple[Contact, Contact]) -> None:
    find_duplicates()
    pair = Duplicate.objects.get()
    rita = client_of(cast.rita)
    assert reverse("duplicate", args=[pair.pk]) in rita.get(reverse("duplicates")).content.decode()
    assert reverse("duplicate", args=[pair.pk]) not in client_of(cast.sven).get(reverse("duplicates")).content.decode()
    assert rita.get(reverse("duplicate", args=[pair.pk]))["Location"] == f"{_merge_url(two)}?queue"
    assert rita.post(reverse("duplicate_decide", args=[pair.pk]), {"state": "maybe"}).status_code == 302
    assert rita.post(reverse("duplicate_decide", args=[pair.pk]), {"state": "different"}).status_code == 302
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == (DuplicateState.DIFFERENT, cast.rita)
    assert "No duplicates to decide" in rita.get(reverse("duplicates")).content.decode()
    assert "Decide again" in rita.get(reverse("duplicates"), {"state": "different"}).content.decode()


def test_in_the_queue_the_next_pair_follows(cast: Cast) -> None:
    for number in range(2):
        for _ in range(2):
            factories.contact(first_name="Ann", last_name=f"Archer{number}", phone=f"+49 30 12345{number}")
    find_duplicates()
    first, second = Duplicate.objects.order_by("-confidence", "-pk")
    rita = client_of(cast.rita)
    response = rita.post(reverse("duplicate_decide", args=[first.pk]), {"state": "later", "queue": "1"})
    assert response["Location"] == reverse("duplicate", args=[second.pk])
    response = rita.post(reverse("duplicate_decide", args=[second.pk]), {"state": "later", "queue": "1"})
    assert response["Location"] == reverse("duplicates")


@pytest.mark.parametrize("size", [2, 40])
def test_the_queue_costs_the_same_for_few_and_many(
    cast: Cast, size: int, django_assert_max_num_queries: object
) -> None:
    for number in range(size):
        for _ in range(2):
            factories.contact(first_name="Ann", last_name=f"Archer{number}", phone=f"+49 30 1234{number:03}")
    find_duplicates()
    rita = client_of(cast.rita)
    rita.get(reverse("duplicates"))
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        rita.get(reverse("duplicates"))


def test_companies_become_one_with_their_people_and_come_apart_again(cast: Cast) -> None:
    kept = Company.objects.create(name="Acme", domain="acme.example")
    gone = Company.objects.create(name="ACME GmbH", domain="acme.test", industry="Tools", employees=12)
    person = factories.contact(company=gone)
    rita = client_of(cast.rita)
    url = reverse("company_merge", args=[kept.pk, gone.pk])
    assert "Tools" in rita.get(url).content.decode()
    assert rita.post(url, {"name": "survivor"}).status_code == 302
    kept.refresh_from_db()
    person.refresh_from_db()
    assert (kept.name, kept.industry, kept.employees, kept.domain) == ("Acme", "Tools", 12, "acme.example")
    assert (person.company, "acme" in person.search_text) == (kept, True)
    assert rita.get(reverse("company", args=[gone.pk]))["Location"] == reverse("company", args=[kept.pk])
    newcomer = factories.contact(email="new@acme.test", company_name="")
    assert newcomer.company == kept  # the former's domain still leads here
    merge = Merge.objects.get()
    assert "Merged with <b>ACME GmbH</b>" in rita.get(reverse("company", args=[kept.pk])).content.decode()
    assert rita.post(reverse("merge_undo", args=[merge.pk])).status_code == 302
    kept.refresh_from_db()
    person.refresh_from_db()
    assert (kept.industry, kept.employees, person.company_id) == ("", None, gone.pk)
    assert Company.objects.get(pk=gone.pk).employees == 12


def test_a_company_whose_domain_was_taken_meanwhile_cannot_come_back(cast: Cast) -> None:
    kept = Company.objects.create(name="Acme", domain="acme.example")
    gone = Company.objects.create(name="ACME GmbH", domain="acme.test")
    merge = merge_companies(survivor_id=kept.pk, former_id=gone.pk, now=LATER)
    Company.objects.create(name="Third", domain="acme.test")
    response = client_of(cast.rita).post(reverse("merge_undo", args=[merge.pk]))
    assert response.status_code == 422
    assert "acme.test belongs to another company now" in response.content.decode()
    assert Merge.objects.standing().count() == 1
