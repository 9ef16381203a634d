"""A person's data: forgotten so that counts stay, copied whole."""

import gzip
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Count, ForeignKey

from activities.models import Activity, FollowUp
from activities.services import add_follow_up, log_activity
from capture.models import Import, RejectedRow
from core.errors import Refused
from leads import privacy as declared
from leads.models import (
    Consent,
    Contact,
    EngagementEvent,
    Erasure,
    Evidence,
    Identity,
    LifecycleChange,
    PersonalCopy,
    Purpose,
    Standing,
    SuppressedAddress,
)
from leads.queries.consent import may
from leads.services import NewEvent, link_identity, privacy, record_consent, record_events, upsert_contact
from leads.services.suppression import find
from leads.tasks import collect_copy, continue_privacy
from leads.tasks import erase as erase_task
from pipeline import services as pipeline
from pipeline.models import Opportunity
from reports.models import FunnelCell
from reports.services import refresh_funnel
from tests import factories
from tests.conftest import NOW, Cast
from tests.pipeline import rows

pytestmark = pytest.mark.django_db
SECRETS = ("Jolanthe", "Quirrel", "jolanthe", "+4930123", "Lampworks", "we have 40k", "quirrel-visitor", "Secret note")


@pytest.fixture
def person(cast: Cast) -> Contact:
    """Somebody of whom every table says something."""
    contact = rows.qualified(
        first_name="Jolanthe",
        last_name="Quirrel",
        email="Jolanthe@lampworks.example",
        phone="+49 30 1234567",
        job_title="Head of Lampworks",
        company_name="",
        owner=cast.rita,
    )
    link_identity(kind="anonymous", value="quirrel-visitor-1", contact=contact)
    factories.event(contact, "page_view", path="/pricing?name=Jolanthe")
    send(contact, "jolanthe@lampworks.example:1")
    factories.evidence(contact, "budget", quote="we have 40k, says Jolanthe")
    record_consent(contact=contact, purpose="marketing", given=True, now=NOW, source="by phone with Jolanthe")
    log_activity(contact=contact, kind="note", actor=cast.rita, at=NOW, now=NOW, body="Secret note on Quirrel")
    add_follow_up(contact=contact, assignee=cast.rita, title="Call Jolanthe", due_at=NOW + timedelta(days=1), now=NOW)
    promoted = pipeline.promote(contact_id=contact.pk, now=NOW)
    assert promoted is not None
    Opportunity.objects.filter(pk=promoted.pk).update(amount=1234, name="Deal with Jolanthe Quirrel")
    return Contact.objects.get(pk=contact.pk)


def send(of: Contact, message_id: str) -> None:
    event = NewEvent("email_opened", ("email", of.email), NOW, "mailing", message_id, {"to": "Jolanthe Quirrel"})
    record_events([event], now=NOW)


def erase(contact: Contact, cast: Cast) -> Erasure:
    erasure = privacy.erase(contact.pk, typed=contact.name, now=NOW, actor=cast.mara)
    erase_task(erasure_id=erasure.pk)
    erasure.refresh_from_db()
    return erasure


def everything() -> str:
    """All rows of all of our tables as text, but for sessions and what Django keeps."""
    said = []
    for model in apps.get_models():
        if model._meta.app_label in {"leads", "activities", "capture", "scoring", "pipeline", "reports"}:
            said += [json.dumps(list(row), default=str) for row in model._base_manager.values_list()]
    return "\n".join(said)


def totals() -> dict[str, Any]:
    """What reports count."""
    refresh_funnel(now=NOW, everything=True)
    cells = sorted(FunnelCell.objects.values_list("month", "by", "key", "leads", "engaged", "accepted", "won"))
    return {
        "funnel": cells,
        "amounts": list(Opportunity.objects.values_list("stage__name", "amount", "expected_close").order_by("pk")),
        "events": list(
            EngagementEvent.objects.values_list("kind", "day", "source", "facet").annotate(n=Count("pk")).order_by()
        ),
        "steps": LifecycleChange.objects.count(),
        "evidence": list(Evidence.objects.values_list("criterion", "verdict").order_by("pk")),
        "activities": list(Activity.objects.values_list("kind").annotate(n=Count("pk")).order_by("kind")),
    }


def test_every_table_that_points_at_a_person_says_what_becomes_of_it() -> None:
    said = {one.model.lower() for one in declared.held()}
    about = {Contact, Identity}
    missing = []
    for model in apps.get_models():
        keys = [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
        if any(key.related_model in about for key in keys) and model._meta.label_lower not in said:
            missing.append(model._meta.label)
    assert missing == []
    for one in declared.held():
        assert bool(one.blank) + one.is_deleted + bool(one.keeps) == 1, one
        assert list(one.rows(0)) == []
        assert not set(one.blank) - {field.name for field in one.table()._meta.concrete_fields}


def test_nothing_of_the_person_is_left_and_the_counts_stay(cast: Cast, person: Contact) -> None:
    before = totals()
    assert all(secret in everything() for secret in SECRETS)
    erasure = erase(person, cast)
    assert erasure.done_at is not None
    assert erasure.emptied >= 8
    left = everything()
    assert [line for line in left.splitlines() if any(secret.casefold() in line.casefold() for secret in SECRETS)] == []
    assert totals() == before

    forgotten = Contact.objects.get(pk=person.pk)
    assert (forgotten.name, forgotten.email, forgotten.company, forgotten.custom) == ("Erased person", "", None, {})
    opportunity = Opportunity.objects.get(contact=person)
    assert opportunity.name == "Erased person"
    assert opportunity.amount == Decimal(1234)
    assert FollowUp.objects.get().title == "Erased person"
    assert (erasure.requested_by, erasure.requested_at) == (cast.mara, NOW)


def test_rows_of_lists_that_were_not_taken_lose_the_person(cast: Cast, person: Contact) -> None:
    list_of = Import.objects.create(name="fair.csv", content=b"", encoding="utf-8", delimiter=",")
    cells = ["Jolanthe", "JOLANTHE@lampworks.example", "Atlantis"]
    theirs = RejectedRow.objects.create(of=list_of, line=2, reason="“Atlantis” is no country.", cells=cells)
    other = RejectedRow.objects.create(of=list_of, line=3, reason="No address.", cells=["Bo", "bo@berg.example"])
    copy = privacy.request_copy(person, now=NOW, actor=cast.mara)
    collect_copy(copy_id=copy.pk)
    copy.refresh_from_db()
    assert b"Atlantis" in gzip.decompress(bytes(copy.content))
    assert b"bo@berg.example" not in gzip.decompress(bytes(copy.content))
    erase(person, cast)
    theirs.refresh_from_db()
    other.refresh_from_db()
    assert (theirs.cells, theirs.reason) == ([], "erased")
    assert other.cells == ["Bo", "bo@berg.example"]


def test_nobody_sees_them_and_nobody_is_handed_over(cast: Cast, person: Contact) -> None:
    Opportunity.objects.all().delete()
    erase(person, cast)
    for user in cast.everybody():
        assert not Contact.objects.visible_to(user).exists()
        assert not Standing.objects.visible_to(user).exists()
    Standing.objects.update(is_qualified=True, lifecycle="lead")
    assert pipeline.promote(contact_id=person.pk, now=NOW) is None


def test_the_address_stays_suppressed_when_it_comes_back(cast: Cast, person: Contact) -> None:
    erase(person, cast)
    entry = find("jolanthe@lampworks.example")
    assert entry is not None
    assert (entry.reason, entry.added_by) == ("erased", cast.mara)
    assert SuppressedAddress.objects.count() == 2  # the number, too
    back, is_new = upsert_contact(source="form", now=NOW, email="Jolanthe@lampworks.example", last_name="Q")
    assert is_new
    assert back.pk != person.pk
    ticked = record_consent(contact=back, purpose="marketing", given=True, now=NOW, source="form:contact")
    assert ticked.is_pending
    assert not may(back, Purpose.MARKETING)


def test_the_same_message_sent_again_brings_nobody_back(cast: Cast, person: Contact) -> None:
    """Message ids are kept unless they are addresses themselves."""
    send(person, "opened-17")
    count = EngagementEvent.objects.count()
    erase(person, cast)
    send(person, "opened-17")
    assert EngagementEvent.objects.count() == count


def test_the_name_must_be_typed_and_twice_is_once(cast: Cast, person: Contact) -> None:
    with pytest.raises(Refused) as refused:
        privacy.erase(person.pk, typed="Jolanthe", now=NOW, actor=cast.mara)
    assert refused.value.fields == {"typed": "Type “Jolanthe Quirrel” to confirm. It cannot be undone."}
    assert not Erasure.objects.exists()
    first = privacy.erase(person.pk, typed=" jolanthe  QUIRREL ", now=NOW, actor=cast.mara)
    assert privacy.erase(person.pk, typed="", now=NOW, actor=cast.adam) == first
    with pytest.raises(Refused):
        privacy.erase(0, typed="", now=NOW, actor=cast.mara)


def test_many_events_are_emptied_in_ranges_and_go_on_after_a_crash(
    cast: Cast, person: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_events(
        [NewEvent("page_view", ("email", person.email), NOW, "x", f"m{n}", {"path": f"/{n}"}) for n in range(25)],
        now=NOW,
    )
    monkeypatch.setattr(privacy, "RANGE", 10)
    erasure = privacy.erase(person.pk, typed=person.name, now=NOW, actor=cast.mara)
    for _ in range(3):  # the worker dies after some ranges
        assert privacy.erase_range(erasure.pk, now=NOW)
    assert EngagementEvent.objects.exclude(properties={}).exists()
    Erasure.objects.update(touched_at=NOW - timedelta(days=300))
    continue_privacy()
    while privacy.erase_range(erasure.pk, now=NOW):
        pass
    assert not EngagementEvent.objects.exclude(properties={}).exists()
    assert not privacy.erase_range(erasure.pk, now=NOW)


def test_a_copy_holds_all_and_goes_after_a_week(cast: Cast, person: Contact) -> None:
    link_identity(kind="anonymous", value="v-0000002", contact=person)
    record_consent(identity=("anonymous", "v-0000002"), purpose="profiling", given=True, now=NOW, source="tracker:1")
    copy = privacy.request_copy(person, now=NOW, actor=cast.mara)
    assert privacy.request_copy(person, now=NOW, actor=cast.adam) == copy
    collect_copy(copy_id=copy.pk)
    collect_copy(copy_id=copy.pk)
    copy.refresh_from_db()
    content = json.loads(gzip.decompress(bytes(copy.content)))
    assert content["person"]["First name"] == "Jolanthe"
    assert content["person"]["Company"] == (person.company.name if person.company else "")
    text = json.dumps(content, ensure_ascii=False)
    for secret in ("/pricing?name=Jolanthe", "we have 40k", "Secret note", "Call Jolanthe", "Deal with Jolanthe"):
        assert secret in text
    assert "tracker:1" in text
    rows_told = [row for name, value in content.items() if isinstance(value, list) for row in value]
    assert len(rows_told) == copy.rows
    assert {"Criterion", "Verdict"} & set(next(row for row in rows_told if "Quote" in row))
    assert PersonalCopy.objects.count() == 1
    assert privacy.forget_old_copies(now=NOW + timedelta(days=8)) == 1


def test_an_erased_person_has_no_copy(cast: Cast, person: Contact) -> None:
    copy = privacy.request_copy(person, now=NOW, actor=cast.mara)
    erase(person, cast)
    assert not privacy.collect_copy(copy.pk, now=NOW)
    assert not PersonalCopy.objects.exists()
    assert not Consent.objects.exclude(source="erased").exists()
