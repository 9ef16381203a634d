"""Two contacts become one: what moves, what stands, what is refused."""

from datetime import timedelta

import pytest

from activities.models import FollowUp
from activities.services import add_follow_up
from core.errors import Refused
from leads import queries
from leads.models import (
    ChangedContact,
    Contact,
    EngagementEvent,
    Identity,
    LifecycleChange,
    Merge,
    Standing,
    Tag,
)
from leads.services import add_tag, assign_owner, enter_lifecycle, merge_contacts, unmerge_contacts
from pipeline.models import Opportunity, OpportunityPerson
from pipeline.services import add_person, promote
from scoring.services import rescore_changed
from tests import factories
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def _two() -> tuple[Contact, Contact]:
    kept = factories.contact(first_name="Jane", last_name="Doe", email="jane@acme.example")
    gone = factories.contact(first_name="J.", last_name="Doe", email="j.doe@acme.example", phone="+49 30 123456")
    return kept, gone


def test_all_that_hangs_on_the_former_moves(cast: Cast) -> None:
    kept, gone = _two()
    factories.event(gone, "page_view")
    factories.event(kept, "page_view")
    factories.evidence(gone, "budget")
    add_follow_up(contact=gone, assignee=cast.rita, title="Call", due_at=LATER, now=NOW)
    merge = merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER, by=cast.rita)
    assert not Contact.objects.filter(pk=gone.pk).exists()
    assert not Standing.objects.filter(pk=gone.pk).exists()
    assert {row.value for row in Identity.objects.filter(contact=kept)} == {
        "jane@acme.example",
        "j.doe@acme.example",
        "+4930123456",
    }
    assert EngagementEvent.objects.filter(contact=kept).count() == 2
    assert kept.evidence.count() == 1
    assert FollowUp.objects.get().contact_id == kept.pk
    assert (merge.former_id, merge.former_name, merge.by) == (gone.pk, "J. Doe", cast.rita)
    kept.refresh_from_db()
    assert (kept.first_name, kept.email, kept.phone) == ("Jane", "jane@acme.example", "+49 30 123456")
    assert ChangedContact.objects.filter(contact_id=kept.pk).exists()


def test_whose_value_stands_can_be_chosen() -> None:
    kept, gone = _two()
    merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER, chosen={"email": "former", "phone": "survivor"})
    kept.refresh_from_db()
    assert (kept.email, kept.phone, kept.first_name) == ("j.doe@acme.example", "", "Jane")
    assert "j.doe@acme.example" in kept.search_text


@pytest.mark.parametrize(
    "chosen", [{"email": "nobody"}, {"hat": "former"}, {"lifecycle": "former"}, {"tags": "former"}]
)
def test_a_choice_that_is_none_is_refused_and_nothing_happens(chosen: dict[str, str]) -> None:
    kept, gone = _two()
    with pytest.raises(Refused) as refused:
        merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER, chosen=chosen)
    assert list(refused.value.fields) == list(chosen)
    assert Contact.objects.filter(pk=gone.pk).exists()


def test_standings_are_put_together() -> None:
    kept, gone = _two()
    Contact.objects.filter(pk=gone.pk).update(created_at=NOW - timedelta(days=30))
    Standing.objects.filter(pk=gone.pk).update(source="referral")
    enter_lifecycle(gone.pk, "prospect", now=NOW)  # type: ignore[arg-type]
    add_tag([kept.pk], "Fair")
    add_tag([gone.pk], "VIP")
    merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER)
    kept.refresh_from_db()
    standing = kept.standing
    assert (standing.lifecycle, standing.source, kept.created_at) == ("prospect", "referral", NOW - timedelta(days=30))
    assert set(standing.tag_ids) == set(Tag.objects.filter(name__in=["Fair", "VIP"]).values_list("pk", flat=True))
    step = LifecycleChange.objects.filter(contact=kept).order_by("pk").last()
    assert step is not None
    assert (step.from_stage, step.to_stage, step.reason) == ("lead", "prospect", "Merged with J. Doe")


def test_scores_are_worked_out_anew_and_never_summed() -> None:
    kept, gone = _two()
    for _ in range(3):
        factories.event(kept, "demo_requested")
        factories.event(gone, "demo_requested")
    rescore_changed(now=NOW)
    alone = Standing.objects.get(pk=kept.pk).total
    merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=NOW)
    rescore_changed(now=NOW)
    together = factories.contact(phone="+49 30 123499")
    for _ in range(6):
        factories.event(together, "demo_requested")
    rescore_changed(now=NOW)
    mine, same = Standing.objects.get(pk=kept.pk), Standing.objects.get(pk=together.pk)
    assert alone > 0
    assert (mine.intent, mine.content, mine.last_day) == (same.intent, same.content, same.last_day)
    assert not ChangedContact.objects.exists()


def test_two_open_opportunities_of_one_pipeline_are_refused(cast: Cast) -> None:
    kept, gone = _two()
    for one in (kept, gone):
        promote(contact_id=one.pk, now=NOW, actor=cast.rita, manual=True, reason="Knows us.")
    with pytest.raises(Refused, match="open opportunity"):
        merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER)
    assert Contact.objects.filter(pk=gone.pk).exists()
    assert Merge.objects.count() == 0


def test_an_opportunity_moves_and_one_place_in_a_buying_group_is_enough(cast: Cast) -> None:
    kept, gone = _two()
    other = factories.contact()
    mine = promote(contact_id=gone.pk, now=NOW, actor=cast.rita, manual=True, reason="Knows us.")
    deal = promote(contact_id=other.pk, now=NOW, actor=cast.rita, manual=True, reason="Knows us.")
    assert mine and deal
    for one in (kept, gone):
        add_person(opportunity_id=deal.pk, contact=one, now=NOW, role=one.first_name)
    merge = merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER)
    assert Opportunity.objects.get(pk=mine.pk).contact_id == kept.pk
    assert [row.role for row in OpportunityPerson.objects.filter(opportunity=deal)] == ["Jane"]
    unmerge_contacts(merge_id=merge.pk, now=LATER)
    assert Opportunity.objects.get(pk=mine.pk).contact_id == gone.pk
    roles = {row.contact_id: row.role for row in OpportunityPerson.objects.filter(opportunity=deal)}
    assert roles == {kept.pk: "Jane", gone.pk: "J."}


def test_a_contact_is_not_merged_with_itself_nor_with_one_that_is_gone() -> None:
    kept, gone = _two()
    with pytest.raises(Refused, match="itself"):
        merge_contacts(survivor_id=kept.pk, former_id=kept.pk, now=LATER)
    merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER)
    with pytest.raises(Refused, match="no longer exists"):
        merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER)


def test_an_old_id_leads_through_a_chain_of_merges() -> None:
    first, second, third = factories.contact(), factories.contact(), factories.contact()
    one = merge_contacts(survivor_id=second.pk, former_id=first.pk, now=NOW)
    two = merge_contacts(survivor_id=third.pk, former_id=second.pk, now=NOW)
    assert [queries.current_id(Contact, pk) for pk in (first.pk, second.pk, third.pk)] == [third.pk, third.pk, None]
    with pytest.raises(Refused, match="was merged itself since"):
        unmerge_contacts(merge_id=one.pk, now=LATER)
    unmerge_contacts(merge_id=two.pk, now=LATER)
    assert [queries.current_id(Contact, pk) for pk in (first.pk, second.pk)] == [second.pk, None]
    unmerge_contacts(merge_id=one.pk, now=LATER)
    assert queries.current_id(Contact, first.pk) is None
    assert Contact.objects.filter(pk__in=[first.pk, second.pk, third.pk]).count() == 3


def test_a_new_owner_is_kept_as_a_change_and_taken_back(cast: Cast) -> None:
    kept, gone = _two()
    assign_owner([gone.pk], cast.ravi)
    merge = merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER, by=cast.mona)
    assert Standing.objects.get(pk=kept.pk).owner == cast.ravi
    assert [(row.to_owner, row.actor) for row in kept.owner_changes.filter(at=LATER)] == [(cast.ravi, cast.mona)]
    unmerge_contacts(merge_id=merge.pk, now=LATER)
    assert Standing.objects.get(pk=kept.pk).owner is None
    assert Standing.objects.get(pk=gone.pk).owner == cast.ravi
    assert not kept.owner_changes.exists()
