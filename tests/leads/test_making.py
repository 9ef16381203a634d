"""One statement makes a contact with all that belongs to one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import ChangedContact, Company, Consent, Contact, Identity, LifecycleChange, Standing
from leads.services import AddressTaken, create_contact, record_events, suppress
from leads.services.events import NewEvent
from tests.conftest import NOW, Cast

ADA: dict[str, Any] = {"first_name": "Ada", "email": "Ada@Acme.example", "phone": "+49 30 1234567"}


@pytest.mark.django_db
def test_what_is_named_nowhere_has_the_default_of_its_field() -> None:
    """A field that is added later, to any of these models, is stored as Django would store it."""
    made = create_contact(source="api", now=NOW, custom={}, **ADA)
    for model, given in (
        (Contact, {"id", "first_name", "email", "phone", "search_text", "created_at", "updated_at"}),
        (Standing, {"contact", "source"}),
        (LifecycleChange, {"id", "contact", "to_stage", "at", "reason"}),
    ):
        stored = model.objects.get(**{"pk" if model is Contact else "contact": made.pk})
        for field in model._meta.concrete_fields:
            if field.name not in given and not field.generated and not field.has_db_default():
                assert getattr(stored, field.attname) == field.get_default(), f"{model.__name__}.{field.name}"


@pytest.mark.django_db
def test_all_that_belongs_to_a_contact(cast: Cast) -> None:
    made = create_contact(source="form", now=NOW, actor=cast.mara, owner=cast.rita, company_name="Acme", **ADA)
    again = Contact.objects.select_related("company", "standing__owner").get(pk=made.pk)
    assert (again.email, again.created_at, again.company) == (made.email, NOW, Company.objects.get())
    assert made.updated_at == again.updated_at
    assert (made.standing.owner, again.standing.owner, again.standing.source) == (cast.rita, cast.rita, "form")
    assert set(again.identities.values_list("kind", "value")) == {
        ("email", "ada@acme.example"),
        ("phone", "+49301234567"),
    }
    step = LifecycleChange.objects.get(contact=again)
    assert (step.from_stage, step.to_stage, step.at, step.actor, step.reason) == (
        "",
        "lead",
        NOW,
        cast.mara,
        "New: Web form",
    )
    assert list(ChangedContact.objects.values_list("contact_id", flat=True)) == [again.pk]


@pytest.mark.django_db
def test_costs_two_statements_and_one_more_for_a_new_company() -> None:
    create_contact(source="api", now=NOW, company_name="Acme", email="first@acme.example")
    for domain, expected in (
        ("acme.example", ["EXECUTE companies_known", "EXECUTE insert_contact"]),
        ("new.example", ["EXECUTE companies_known", "EXECUTE companies_made", "EXECUTE insert_contact"]),
    ):
        with CaptureQueriesContext(connection) as asked:
            create_contact(source="api", now=NOW, company_name="Acme", email=f"second@{domain}")
        told = [one["sql"] for one in asked if "SAVEPOINT" not in one["sql"]]
        assert [sql.split(" (")[0] for sql in told] == expected


@pytest.mark.django_db
def test_an_address_that_was_heard_of_before_brings_its_events() -> None:
    event = NewEvent("page_view", ("email", "ada@acme.example"), NOW - timedelta(days=1), "test", "one", {"path": "/x"})
    record_events([event], now=NOW)
    made = create_contact(source="api", now=NOW, **ADA)
    assert Identity.objects.get(kind="email").contact_id == made.pk
    assert made.events.count() == 1


@pytest.mark.django_db
def test_somebody_elses_address_is_refused_and_their_number_stays_theirs() -> None:
    first = create_contact(source="api", now=NOW, **ADA)
    with pytest.raises(AddressTaken) as taken:
        create_contact(source="api", now=NOW, first_name="Eve", email="ADA@acme.example", company_name="Eves")
    assert taken.value.contact_id == first.pk
    assert Contact.objects.count() == Standing.objects.count() == LifecycleChange.objects.count() == 1
    assert Company.objects.count() == 0
    create_contact(source="api", now=NOW, first_name="Bob", phone=ADA["phone"])
    assert Identity.objects.get(kind="phone").contact_id == first.pk


@pytest.mark.django_db
def test_a_suppressed_address_comes_back_withdrawn() -> None:
    suppress(["ada@acme.example"], reason="complaint", now=NOW)
    made = create_contact(source="api", now=NOW, **ADA)
    assert list(Consent.objects.values_list("contact_id", "purpose", "given")) == [(made.pk, "marketing", False)]
    other = create_contact(source="api", now=NOW, first_name="Eve", email="eve@acme.example")
    assert not Consent.objects.filter(contact=other).exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_contact() -> None:
    refused: list[AddressTaken] = []

    def make() -> None:
        try:
            create_contact(source="api", now=NOW, company_name="", **ADA)
        except AddressTaken as taken:
            refused.append(taken)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(make) for _ in range(6)]:
            done.result()
    assert len(refused) == 5
    assert Contact.objects.count() == Standing.objects.count() == 1
    assert set(Identity.objects.values_list("kind", "contact")) == {
        (kind, Contact.objects.get().pk) for kind in ("email", "phone")
    }
