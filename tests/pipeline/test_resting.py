"""Whoever was disqualified, wherever and why ever, rests by the rule of the reason."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from activities.models import Activity
from leads.models import Company, Contact, EngagementEvent, Lifecycle, Standing
from leads.services import disqualify, enter_lifecycle
from leads.vocabulary import DISQUALIFIED_BECAUSE
from pipeline import tasks
from pipeline.models import Recycle, RecycleState, ReturnRule
from pipeline.queries.recycling import rules
from pipeline.services import desk as at_the_desk
from pipeline.services import recycling, save_rule
from tests import factories
from tests.budget import page_cost
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db
REASONS = [(key, label) for key, (label, is_withdrawal) in DISQUALIFIED_BECAUSE.items() if not is_withdrawal]


def out(reason: str, cast: Cast) -> Contact:
    contact = factories.contact()
    disqualify(contact.pk, now=NOW, actor=cast.rita, reason=reason)
    return contact


def test_every_reason_has_a_rule_that_can_be_changed() -> None:
    listed = {row.rule.reason: row.label for row in rules()}
    for key, label in REASONS:
        assert listed[f"disqualified_{key}"] == f"Disqualified: {label}"
        assert ReturnRule.objects.filter(reason=f"disqualified_{key}").exists()
    assert "disqualified_unsubscribed" not in listed


@pytest.mark.parametrize(("key", "label"), REASONS)
def test_each_reason_given_elsewhere_finds_its_rule(cast: Cast, key: str, label: str) -> None:
    contact = out(f"{label}: as they said", cast)
    save_rule(reason=f"disqualified_{key}", by="months", months=3)
    row = recycling.let_disqualified_rest(contact.pk, now=NOW)
    assert row is not None
    assert (row.reason, row.by, row.actor) == (f"disqualified_{key}", "months", cast.rita)
    assert row.label == f"Disqualified: {label}: as they said"
    assert row.due_at is not None and row.due_at.date() == (NOW + timedelta(days=90)).date()
    assert recycling.let_disqualified_rest(contact.pk, now=NOW) is None  # a task may come twice


def test_free_text_has_the_rule_of_something_else(cast: Cast) -> None:
    contact = out("They bought a boat", cast)
    save_rule(reason="disqualified_other", by="visit", months=6)
    tasks.let_rest(contact.pk)
    assert not Recycle.objects.exists()  # by the clock of today it is long ago
    row = recycling.let_disqualified_rest(contact.pk, now=NOW + timedelta(hours=1))
    assert row is not None and (row.reason, row.label) == ("disqualified_other", "Disqualified: They bought a boat")


def test_whoever_wants_to_be_left_alone_is(cast: Cast) -> None:
    contact = out(DISQUALIFIED_BECAUSE["unsubscribed"][0], cast)
    assert recycling.let_disqualified_rest(contact.pk, now=NOW) is None


def test_the_desk_has_said_it_already(cast: Cast) -> None:
    contact = factories.contact()
    at_the_desk.disqualify(contact_id=contact.pk, reason="other", note="They bought a boat", actor=cast.rita, now=NOW)
    assert Recycle.objects.count() == 1
    assert recycling.let_disqualified_rest(contact.pk, now=NOW) is None


def test_from_the_contacts_page_by_the_sweep(cast: Cast) -> None:
    contact = factories.contact()
    answer = client_of(cast.rita).post(reverse("contact_disqualify", args=[contact.pk]), {"reason": "spam"})
    assert answer.status_code == 302
    Recycle.objects.all().delete()  # the task got lost
    tasks.let_rest_missed()
    tasks.let_rest_missed()
    assert Recycle.objects.get().reason == "disqualified_spam"
    assert not recycling.unrested(timezone.now()).exists()


def test_whoever_a_person_took_back_is_not_brought_back_again(cast: Cast) -> None:
    save_rule(reason="disqualified_no_need", by="months", months=3)
    contact = out("Has no need", cast)
    row = recycling.let_disqualified_rest(contact.pk, now=NOW)
    assert row is not None
    enter_lifecycle(contact.pk, Lifecycle.LEAD, now=NOW + timedelta(days=1), actor=cast.rita, reason="Taken back")
    assert recycling.bring_back(row.pk, now=NOW + timedelta(days=120)) is False
    row.refresh_from_db()
    assert row.state == RecycleState.DROPPED
    assert Standing.objects.get(pk=contact.pk).lifecycle == Lifecycle.LEAD


# --- what brings them back ---


def grown(contact: Contact, employees: int | None) -> bool:
    Company.objects.filter(contacts=contact).update(employees=employees)
    return recycling.returning(NOW + timedelta(days=1)).filter(contact=contact).exists()


def test_somebody_whose_company_grows_by_a_tenth_comes_back(cast: Cast) -> None:
    save_rule(reason="disqualified_no_fit", by="grows", months=9)
    contact = factories.contact(company=Company.objects.create(name="Amber Works", employees=40))
    disqualify(contact.pk, now=NOW, actor=cast.rita, reason="Does not fit: too small")
    row = recycling.let_disqualified_rest(contact.pk, now=NOW)
    assert row is not None
    assert (row.by, row.company, row.employees) == ("grows", contact.company, 40)
    assert row.waits_for == (
        "rests until Amber Works has grown by a tenth (it had 40 people); if they leave it, until 12 Mar 2027"
    )
    assert [grown(contact, size) for size in (None, 39, 43, 44, 2**31 - 1)] == [False, False, False, True, True]
    Recycle.objects.filter(pk=row.pk).update(employees=2**31 - 1)  # no sum overflows
    assert not grown(contact, 2**31 - 1)
    assert recycling.bring_back(row.pk, now=NOW + timedelta(days=1))
    assert Standing.objects.get(pk=contact.pk).lifecycle == Lifecycle.LEAD


def test_who_moves_to_a_larger_company_has_not_grown_and_rests_for_the_months(cast: Cast) -> None:
    save_rule(reason="disqualified_no_fit", by="grows", months=9)
    small = Company.objects.create(name="Amber Works", employees=40)
    contact = factories.contact(company=small)
    disqualify(contact.pk, now=NOW, actor=cast.rita, reason="Does not fit: too small")
    row = recycling.let_disqualified_rest(contact.pk, now=NOW)
    assert row is not None and row.due_at is not None
    long_after = row.due_at + timedelta(days=1)
    assert not recycling.returning(long_after).exists()  # it has not grown: the day is for those who leave
    Contact.objects.filter(pk=contact.pk).update(company=Company.objects.create(name="Great Works", employees=4000))
    Company.objects.filter(pk=small.pk).update(employees=400)
    assert not recycling.returning(NOW + timedelta(days=1)).exists()
    assert list(recycling.returning(long_after)) == [row]
    Contact.objects.filter(pk=contact.pk).update(company=None)
    assert list(recycling.returning(long_after)) == [row]
    assert recycling.bring_back(row.pk, now=long_after)
    assert Activity.objects.filter(contact=contact, title="Looked at again: the time is over").exists()


def test_where_nobody_knows_the_size_the_months_count(cast: Cast) -> None:
    save_rule(reason="disqualified_no_fit", by="grows", months=9)
    for contact in (factories.contact(), factories.contact(company=Company.objects.create(name="Amber Works"))):
        disqualify(contact.pk, now=NOW, actor=cast.rita, reason="Does not fit")
        row = recycling.let_disqualified_rest(contact.pk, now=NOW)
        assert row is not None and row.due_at is not None
        assert (row.by, row.employees, row.due_at.date()) == ("months", None, (NOW + timedelta(days=270)).date())


@pytest.mark.parametrize(
    ("kind", "is_back"),
    [("page_view", True), ("email_replied", True), ("email_opened", False), ("unsubscribed", False)],
)
def test_a_visit_brings_back_and_what_happens_in_a_mailbox_does_not(cast: Cast, kind: str, is_back: bool) -> None:
    contact = factories.contact()
    recycling.let_go(contact.pk, reason="unreachable", label="Rejected", now=NOW, by="visit")
    factories.event(contact, kind, now=NOW + timedelta(hours=1))
    back = recycling.returning(NOW + timedelta(days=1))
    assert back.exists() == is_back
    EngagementEvent.objects.update(is_quarantined=True)  # it was a machine
    assert not back.exists()


def test_the_number_of_those_who_rest_opens_their_list(cast: Cast) -> None:
    client, address = client_of(cast.mona), reverse("resting", args=["no_budget"])
    assert f'href="{address}"' not in client.get(reverse("settings_recycling")).content.decode()
    assert "Nobody rests for this reason" in client.get(address).content.decode()

    def rest() -> None:
        contact = factories.contact(company=Company.objects.create(name=f"Amber {Company.objects.count()}"))
        recycling.let_go(contact.pk, reason="no_budget", label="Rejected: No budget", now=NOW, actor=cast.rita)

    rest()
    few = page_cost(client, address)
    for _ in range(9):
        rest()
    assert page_cost(client, address) == few
    page = client.get(address).content.decode()
    assert page.count("Rests until") == 10
    assert f'href="{address}"' in client.get(reverse("settings_recycling")).content.decode()
    assert client.get(reverse("resting", args=["boredom"])).status_code == 404
    assert client.get(f"{address}?after=%00x").status_code == 200
