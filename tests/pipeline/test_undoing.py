"""A promotion is undone exactly; somebody joins what is being sold already; what was let go comes back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from activities.models import Activity, Notification
from core.errors import Refused, Stale
from leads.models import Company, Contact, Lifecycle, LifecycleChange, Standing
from leads.services import assign_owner, merge_contacts, unmerge_contacts
from pipeline import services
from pipeline.models import HandOff, Opportunity, OpportunityPerson, Recycle, Turn
from pipeline.services import desk
from pipeline.services.recycling import returning
from pipeline.services.undoing import lost_by_undoing
from scoring.models import Definition, Verdict
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from tests.pipeline.rows import offer

LATER = NOW + timedelta(days=3)


def lifecycle(contact: Contact) -> str:
    return Standing.objects.get(pk=contact.pk).lifecycle


def test_a_promotion_is_undone_as_if_it_had_not_been(cast: Cast) -> None:
    contact = rows.qualified()
    assign_owner([contact.pk], cast.mara)
    opportunity = services.promote(contact_id=contact.pk, now=NOW)
    assert opportunity is not None
    row = HandOff.objects.get()
    services.undo_promotion(hand_off_id=row.pk, actor=cast.mona, now=LATER, reason="A test of ours")
    services.undo_promotion(hand_off_id=row.pk, actor=cast.mona, now=LATER)  # again
    assert not Opportunity.objects.exists()
    assert not Notification.objects.filter(user=cast.rita).exists()
    standing = Standing.objects.get(pk=contact.pk)
    assert (standing.lifecycle, standing.owner) == (Lifecycle.LEAD, cast.mara)
    assert [(turn.credit, turn.at) for turn in Turn.objects.all()] == [(0, None)] * 3
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.note) == ("undone", cast.mona, "A test of ours")
    change = LifecycleChange.objects.filter(contact=contact).latest("pk")
    assert (change.to_stage, change.reason, change.actor) == ("lead", "Promotion undone: A test of ours", cast.mona)
    assert Activity.objects.filter(contact=contact, title="Promotion undone by Mona").count() == 1
    assert services.promote(contact_id=contact.pk, now=LATER) is None  # not at once again
    again = services.promote(contact_id=contact.pk, now=LATER, actor=cast.ravi, manual=True, reason="Real after all.")
    assert again is not None


def test_what_ran_out_before_is_undone_with_it(offered: Cast) -> None:
    offer()
    before = list(Turn.objects.order_by("pk").values_list("rep", "credit", "at"))
    row, at = offer(), NOW
    for _ in range(2):
        assert row.due_at is not None
        at = row.due_at + timedelta(minutes=1)
        services.expire(hand_off_id=row.pk, now=at)
        row = HandOff.objects.latest("pk")
    told = Notification.objects.filter(url=reverse("opportunity", args=[row.opportunity_id]))
    assert told.filter(key__startswith="hand-off:").count() == 2
    services.undo_promotion(hand_off_id=row.pk, actor=offered.mona, now=at)
    assert list(Turn.objects.order_by("pk").values_list("rep", "credit", "at")) == before
    assert not told.exists()
    contact = reverse("contact", args=[row.contact_id])
    keys = Notification.objects.filter(url=contact).values_list("key", flat=True)
    assert keys and all(key.startswith("hand-off-expired:") for key in keys)


def test_after_thirty_days_or_closed_it_cannot_be_undone(cast: Cast) -> None:
    row = offer()
    with pytest.raises(Refused, match="31 days ago"):
        services.undo_promotion(hand_off_id=row.pk, actor=cast.mona, now=NOW + timedelta(days=31))
    assert row.opportunity is not None
    services.lose(opportunity_id=row.opportunity.pk, reason="price", actor=cast.rita, now=NOW)
    with pytest.raises(Refused, match="closed"):
        services.undo_promotion(hand_off_id=row.pk, actor=cast.mona, now=LATER)
    assert Opportunity.objects.count() == 1


def test_what_was_worked_on_is_listed_and_goes_only_when_they_are_sure(cast: Cast) -> None:
    row = offer()
    opportunity = Opportunity.objects.get()
    pk = opportunity.pk
    assert lost_by_undoing(opportunity) == []
    services.move(opportunity_id=pk, stage_id=rows.stage("Discovery").pk, actor=cast.rita, now=NOW)
    services.edit(opportunity_id=pk, actor=cast.rita, now=NOW, amount="1200", next_step="Send it")
    services.add_person(opportunity_id=pk, contact=factories.contact(), now=NOW)
    lost = "it was moved 1 time, now in Discovery; the amount, 1,200.00 EUR; the next step, “Send it”; 1 further person"
    with pytest.raises(Refused, match="This would be lost") as refused:
        services.undo_promotion(hand_off_id=row.pk, actor=cast.mona, now=LATER)
    assert refused.value.fields == {"is_sure": f"This would be lost: {lost}. Tick the box if it may be."}
    client, url = client_of(cast.rita), f"/hand-offs/{row.pk}/undo/"
    assert lost.replace("“", "“") in client.get(url).content.decode()
    services.undo_promotion(hand_off_id=row.pk, actor=cast.mona, now=LATER, is_sure=True)
    assert not Opportunity.objects.exists()
    with pytest.raises(Stale, match="undone"):
        services.accept(hand_off_id=row.pk, actor=cast.rita, now=LATER)


# --- joining ---


@pytest.fixture
def amber(cast: Cast) -> Company:
    return Company.objects.create(name="Amber Works")


def test_a_second_contact_joins_the_open_opportunity(cast: Cast, amber: Company) -> None:
    first = offer(company=amber)
    contact = rows.qualified(company=amber, first_name="Ada", last_name="Boss")
    factories.evidence(contact, "authority")
    for _ in range(2):
        joined = services.promote(contact_id=contact.pk, now=LATER)
    assert joined == first.opportunity
    assert Opportunity.objects.count() == 1
    person = OpportunityPerson.objects.get()
    assert (person.contact, person.role) == (contact, "Decides")
    assert (lifecycle(contact), Standing.objects.get(pk=contact.pk).owner) == (Lifecycle.PROSPECT, cast.rita)
    row = HandOff.objects.get(contact=contact)
    assert (row.state, row.opportunity, row.rep) == ("joined", first.opportunity, cast.rita)
    told = Notification.objects.get(user=cast.rita, key__startswith="joined:")
    assert told.text == "Ada Boss of Amber Works qualified and joins Amber Works"


def test_who_joined_goes_where_the_main_person_goes(cast: Cast, amber: Company) -> None:
    first, contact = offer(company=amber), rows.qualified(company=amber)
    services.promote(contact_id=contact.pk, now=NOW)
    assert first.opportunity is not None
    pk = first.opportunity.pk
    services.lose(opportunity_id=pk, reason="price", actor=cast.rita, now=LATER)
    assert lifecycle(contact) == Lifecycle.LEAD
    assert services.promote(contact_id=contact.pk, now=LATER) is None
    assert Recycle.objects.filter(state="waiting").count() == 2
    services.reopen(opportunity_id=pk, actor=cast.rita, now=LATER)
    assert lifecycle(contact) == Lifecycle.PROSPECT
    assert not Recycle.objects.filter(state="waiting").exists()
    services.win(opportunity_id=pk, amount=5, closed_on=LATER.date(), actor=cast.rita, now=LATER)
    assert lifecycle(contact) == Lifecycle.CUSTOMER


def test_joining_is_undone_alone(cast: Cast, amber: Company) -> None:
    offer(company=amber)
    contact = rows.qualified(company=amber)
    services.promote(contact_id=contact.pk, now=NOW)
    services.undo_promotion(hand_off_id=HandOff.objects.get(contact=contact).pk, actor=cast.rita, now=LATER)
    assert lifecycle(contact) == Lifecycle.LEAD
    assert not OpportunityPerson.objects.exists()
    assert Opportunity.objects.count() == 1


def test_a_rejection_sends_back_who_had_joined(cast: Cast, amber: Company) -> None:
    services.save_terms(team=None, mode="automatic", is_offered=True, answer_within=4, joins_company=True)
    first, contact = offer(company=amber), rows.qualified(company=amber)
    services.promote(contact_id=contact.pk, now=NOW)
    services.reject(hand_off_id=first.pk, actor=cast.rita, now=NOW, reason="no_need")
    assert lifecycle(contact) == Lifecycle.LEAD
    assert HandOff.objects.get(contact=contact).state == "undone"


def test_the_terms_or_a_person_may_want_a_deal_of_their_own(cast: Cast, amber: Company) -> None:
    offer(company=amber)
    second, third = rows.qualified(company=amber), rows.qualified(company=amber)
    services.promote(contact_id=second.pk, now=NOW, actor=cast.rita, manual=True, reason="Other budget", joins=False)
    assert Opportunity.objects.count() == 2
    services.save_terms(team=None, mode="automatic", is_offered=False, answer_within=4, joins_company=False)
    services.promote(contact_id=third.pk, now=NOW)
    assert Opportunity.objects.count() == 3


# --- coming back ---


def test_a_date_brings_them_back_and_the_next_try_knows_the_former(cast: Cast) -> None:
    row = offer()
    assert row.opportunity is not None
    services.lose(opportunity_id=row.opportunity.pk, reason="price", note="Twice ours", actor=cast.rita, now=NOW)
    rest = Recycle.objects.get()
    assert (rest.label, rest.due_at) == ("Lost: Too expensive", datetime(2026, 12, 12, 6, tzinfo=UTC))
    back = rest.due_at
    assert back is not None
    assert services.promote(contact_id=row.contact_id, now=back) is None
    assert services.bring_back(rest.pk, now=back) is True
    assert services.bring_back(rest.pk, now=back) is False
    told = Notification.objects.get(user=cast.rita, key__startswith="recycled:")
    assert told.text.endswith("is back: the time is over (Lost: Too expensive)")
    second = services.promote(contact_id=row.contact_id, now=back)
    assert second is not None
    assert second.former == row.opportunity
    assert [(one["said"], one["note"]) for one in second.snapshot["before"]] == [("Lost: Too expensive", "Twice ours")]
    page = client_of(cast.rita).get(f"/opportunities/{second.pk}/").content.decode()
    assert "Lost: Too expensive on 15 Jun 2026" in page


def test_a_visit_brings_them_back(cast: Cast) -> None:
    row = offer()
    assert row.opportunity is not None
    services.lose(opportunity_id=row.opportunity.pk, reason="silence", actor=cast.rita, now=NOW)
    assert not returning(LATER).exists()
    factories.event(row.contact, "page_view", now=LATER)
    assert list(returning(LATER)) == [Recycle.objects.get()]


def test_the_timeline_says_when(cast: Cast) -> None:
    row = offer()
    factories.evidence(row.contact, "timeline", on_date=date(2026, 11, 1))
    assert row.opportunity is not None
    services.lose(opportunity_id=row.opportunity.pk, reason="timing", actor=cast.rita, now=NOW)
    assert Recycle.objects.get().due_at == datetime(2026, 10, 2, 6, tzinfo=UTC)


def test_whoever_qualifies_anew_does_not_wait(cast: Cast) -> None:
    row = offer()
    assert row.opportunity is not None
    services.lose(opportunity_id=row.opportunity.pk, reason="price", actor=cast.rita, now=NOW)
    definition = Definition.objects.get(status="active")
    Verdict.objects.create(
        contact=row.contact, is_qualified=True, at=LATER, definition=definition, total=80, grade="A1"
    )
    assert services.promote(contact_id=row.contact_id, now=LATER) is not None
    assert Recycle.objects.get().state == "dropped"


def test_hand_offs_and_rests_follow_a_merge_and_come_back(cast: Cast) -> None:
    first, second = offer(), offer()
    for row in (first, second):
        assert row.opportunity is not None
        services.lose(opportunity_id=row.opportunity.pk, reason="price", actor=cast.mona, now=NOW)
    merge = merge_contacts(survivor_id=first.contact_id, former_id=second.contact_id, now=LATER)
    assert HandOff.objects.filter(contact=first.contact_id).count() == 2
    assert Recycle.objects.waiting().count() == 1
    unmerge_contacts(merge_id=merge.pk, now=LATER)
    assert HandOff.objects.get(contact=second.contact_id) == second
    assert set(Recycle.objects.waiting().values_list("contact", flat=True)) == {first.contact_id, second.contact_id}


def test_whom_the_desk_disqualified_comes_back_as_a_lead(cast: Cast) -> None:
    contact = factories.contact()
    outcome = desk.disqualify(contact_id=contact.pk, reason="unreachable", actor=cast.rita, now=NOW)
    rest = Recycle.objects.get()
    assert (rest.label, rest.by, lifecycle(contact)) == ("Disqualified: Cannot be reached", "visit", "disqualified")
    factories.event(contact, "page_view", now=LATER)
    assert list(returning(LATER)) == [rest]
    assert services.bring_back(rest.pk, now=LATER)
    assert lifecycle(contact) == Lifecycle.LEAD
    assert outcome.made["recycle"] == rest.pk
    other = factories.contact()
    desk.disqualify(contact_id=other.pk, reason="student", actor=cast.rita, now=NOW)
    desk.undo_last(actor=cast.rita, now=NOW + timedelta(minutes=1))
    assert (lifecycle(other), Recycle.objects.filter(contact=other).count()) == (Lifecycle.LEAD, 0)
    gone = factories.contact()
    desk.disqualify(contact_id=gone.pk, reason="unsubscribed", actor=cast.rita, now=NOW)
    assert not Recycle.objects.filter(contact=gone).exists()
