"""The language of conditions: SQL and Python say the same, also of custom fields and of what only the database knows."""

import json
from typing import Any

import pytest
from django.db import connection

from core.errors import Refused
from leads import conditions
from leads.contradictions import CONTRADICTION, wrong_with
from leads.models import Contact, Purpose
from leads.services import record_consent, suppress
from tests import factories
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db


def holds_in_sql(condition: dict[str, Any], contact: Contact) -> bool:
    sql, params = conditions.to_sql(condition)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {sql} FROM leads_standing s JOIN leads_contact c ON c.id = s.contact_id "
            "LEFT JOIN leads_company o ON o.id = c.company_id WHERE s.contact_id = %s",
            [*params, contact.pk],
        )
        found = cursor.fetchone()[0]
    assert isinstance(found, bool)  # never NULL
    return found


def seats(op: str, value: Any = None) -> dict[str, Any]:
    return {"field": "contact.custom.seats", "op": op} | ({} if value is None else {"value": value})


@pytest.mark.parametrize("stored", [None, 5, 12.5, 40, "40", "many", True, -3])
@pytest.mark.parametrize(
    "condition",
    [
        seats("at_least", 12),
        seats("at_most", 12.5),
        seats("between", [5, 40]),
        seats("is", "40"),
        seats("in", ["5", "MANY", "true"]),
        seats("is_not", "40"),
        seats("not_in", ["40", "many"]),
        seats("contains", "an"),
        seats("contains_any", ["an", "4"]),
        seats("known"),
        seats("unknown"),
        {"not": seats("at_least", 12)},
        {"any": [seats("unknown"), seats("between", [-10, 0])]},
    ],
)
def test_a_custom_field_is_asked_as_text_and_for_ranges(stored: Any, condition: dict[str, Any]) -> None:
    conditions.check(condition)
    contact = factories.contact()
    Contact.objects.filter(pk=contact.pk).update(custom={} if stored is None else {"seats": stored})
    facts = {"contact.custom.seats": stored}
    assert holds_in_sql(condition, contact) is conditions.holds(condition, facts)
    with connection.cursor() as cursor:  # what is read for `holds` is what was stored, a number as a number
        sql = conditions.fact_sql("contact.custom.seats")
        cursor.execute(f"SELECT jsonb_build_array({sql}) FROM leads_contact c WHERE id = %s", [contact.pk])
        assert json.loads(cursor.fetchone()[0]) == [stored]


@pytest.mark.parametrize(
    "condition",
    [
        seats("at_least", "12"),
        seats("between", [40, 5]),
        seats("is", 40),
        seats("at_least", True),
        seats("at_least", 1e400),
        seats("at_least", float("nan")),
        {"field": "contact.own_staff", "op": "is", "value": "yes"},
        {"field": "contact.own_staff", "op": "contains", "value": "yes"},
        {"field": "contact.custom.a' OR 1=1 --", "op": "known"},
        {"field": "contact.custom.", "op": "known"},
        {"field": "contact.custom.café", "op": "known"},
    ],
)
def test_what_cannot_be_asked_is_refused(condition: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        conditions.check(condition)


def test_ranges_of_a_custom_field_can_contradict_each_other() -> None:
    said = wrong_with({"all": [seats("at_least", 10), seats("at_most", 5)]})
    assert said == f"{CONTRADICTION} Look at: Seats is at least 10; Seats is at most 5."
    assert wrong_with({"all": [seats("at_least", 5), seats("at_most", 10), seats("is", "7")]}) == ""
    assert "is not a field" in wrong_with({"field": "contact.shoe", "op": "known"})


OWN_STAFF = {"field": "contact.own_staff", "op": "is", "value": True}
SAID_NO = {"field": "contact.said_no", "op": "is", "value": True}


def test_who_works_here_has_a_colleague_s_domain(cast: Cast) -> None:
    for email, ours in (
        ("New.Hire@Winnow.example", True),
        ("someone@elsewhere.example", False),
        ("someone@mail.winnow.example", False),
    ):
        assert holds_in_sql(OWN_STAFF, factories.contact(email=email)) is ours
    cast.rita.email = "rita@gmail.com"  # a private address is nobody's domain
    cast.rita.save()
    assert holds_in_sql(OWN_STAFF, factories.contact(email="stranger@gmail.com")) is False
    nameless = factories.contact(email="", phone="+4930123456")
    assert holds_in_sql(OWN_STAFF, nameless) is False
    assert holds_in_sql({"field": "contact.own_staff", "op": "unknown"}, nameless) is True


def test_a_domain_is_ours_only_while_somebody_of_it_is_active(cast: Cast) -> None:
    contact = factories.contact(email="ann@winnow.example")
    for user in cast.everybody():
        user.is_active = False
        user.save()
    assert holds_in_sql(OWN_STAFF, contact) is False


def test_the_last_word_on_mail_counts_and_the_suppression_list_has_it() -> None:
    silent, agreed, took_back, suppressed = (factories.contact() for _ in range(4))
    record_consent(contact=agreed, purpose=Purpose.MARKETING, given=True, source="form:news", now=NOW)
    record_consent(contact=took_back, purpose=Purpose.MARKETING, given=True, source="form:news", now=NOW)
    record_consent(contact=took_back, purpose=Purpose.MARKETING, given=False, source="by mail", now=NOW)
    suppress([suppressed.email], reason="complaint", now=NOW)
    said = [holds_in_sql(SAID_NO, one) for one in (silent, agreed, took_back, suppressed)]
    assert said == [False, False, True, True]
