"""Many people at once follow the rules for one."""

from typing import Any

import pytest

from leads.models import ChangedContact, Company, Contact, EngagementEvent, Identity, LifecycleChange, Standing
from leads.services import ContactRow, NewEvent, company_for, create_contact, record_events, upsert_contacts
from leads.services.companies import companies_for
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

ADA: dict[str, Any] = {
    "first_name": "Ada",
    "last_name": "Nowak",
    "email": "Ada.Nowak+fair@Acme.example",
    "phone": "030 901820",
    "job_title": "CTO",
    "country": "de",
}


def stored() -> list[dict[str, Any]]:
    """Everything that stands in the tables about people, without the numbers of rows."""
    tables = (Contact, Standing, LifecycleChange, Identity, ChangedContact)
    skip = {"id", "contact_id", "updated_at", "created_at"}
    return [
        {name: value for name, value in row.items() if name not in skip}
        for table in tables
        for row in table._default_manager.order_by("pk").values()
    ]


def test_one_row_leaves_the_same_behind_as_creating_one_contact() -> None:
    create_contact(source="import", now=NOW, reason="R", **ADA)
    alone = stored()
    for table in (ChangedContact, Identity, LifecycleChange, Standing, Contact):
        table._default_manager.all().delete()
    (result,) = upsert_contacts([ContactRow(ADA)], now=NOW, reason="R")
    assert result.outcome == "created"
    assert stored() == alone


@pytest.mark.parametrize("known", [[], [("Acme", "acme.example")], [("ACME", "")], [("Acme", "other.example")]])
def test_companies_are_found_and_made_by_the_same_rule_alone_and_together(known: list[tuple[str, str]]) -> None:
    wanted = [
        ("Acme", "acme.example"),
        ("acme", ""),
        ("Acme", "third.example"),
        ("Other name", "acme.example"),
        ("", "acme.example"),
        ("", "unknown.example"),
        ("Straße", ""),
        ("STRASSE", ""),
        ("", ""),
        ("Kiel", "kiel.example"),
        ("Hafen", "kiel.example"),
        ("KIEL", "other.kiel.example"),
        ("Berg", ""),
        ("berg", "berg.example"),
        ("Berg", "tal.example"),
    ]

    def made(run: Any) -> tuple[list[tuple[str, str] | None], list[tuple[str, str]]]:
        Company.objects.all().delete()
        for name, domain in known:
            Company.objects.create(name=name, domain=domain)
        answers = [(company.name, company.domain) if company else None for company in run()]
        return answers, sorted(Company.objects.values_list("name", "domain"))

    together = made(lambda: companies_for(wanted)[0])
    alone = made(lambda: [company_for(name=name, domain=domain) for name, domain in wanted])
    assert together == alone


def test_what_an_address_did_before_comes_along() -> None:
    record_events([NewEvent("email_opened", ("email", "ada@acme.example"), NOW, "mail", "m1", {})], now=NOW)
    (result,) = upsert_contacts([ContactRow({"email": "ADA@acme.example"})], now=NOW)
    assert EngagementEvent.objects.get().contact == result.contact


def test_a_wrong_row_is_rejected_by_itself() -> None:
    rows = [
        ContactRow({"email": "nobody"}),
        ContactRow({}),
        ContactRow({"shoe": "7"}),
        ContactRow({"first_name": "Bo"}),
    ]
    results = upsert_contacts(rows, now=NOW)
    assert [(result.outcome.value, list(result.errors)) for result in results] == [
        ("rejected", ["email"]),
        ("rejected", [""]),
        ("rejected", ["shoe"]),
        ("created", []),
    ]
    assert Contact.objects.get().first_name == "Bo"
