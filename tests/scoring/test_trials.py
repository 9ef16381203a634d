"""Previews and back-tests: the one evaluator, nothing changed, nothing looked up that came later."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.days import day_of
from leads.models import Contact, EngagementEvent, Evidence, Lifecycle, Standing
from leads.services import assign_owner, enter_lifecycle
from scoring.models import BackTest, BackTestPromotion, Definition, Preview
from scoring.past import PastStatement
from scoring.queries import trials
from scoring.queries.drafts import content_of
from scoring.queries.specs import fetch, literal, load_spec, run, statement_of
from scoring.services import back_tests, definitions, previews, refresh_all
from scoring.statement import EVERYBODY
from tests import factories
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db


def hot(*, bant: bool = True, days_ago: float = 0, created_days_ago: float = 0) -> Contact:
    """25 for the demo and 12 for the reply, and 5 for a company's address: 42."""
    contact = factories.contact(now=NOW - timedelta(days=created_days_ago))
    factories.event(contact, "demo_requested", days_ago=days_ago)
    factories.event(contact, "email_replied", days_ago=days_ago)
    if bant:
        factories.bant(contact, now=NOW - timedelta(days=days_ago))
    # they were received when they happened
    for event in EngagementEvent.objects.filter(contact=contact):
        EngagementEvent.objects.filter(pk=event.pk).update(received_at=event.occurred_at)
    Contact.objects.filter(pk=contact.pk).update(created_at=NOW - timedelta(days=created_days_ago))
    return contact


def draft_at(threshold: int, cast: Cast) -> Definition:
    row = definitions.new_draft(by=cast.mara, now=NOW)
    content = replace(content_of(row), threshold=threshold)
    return definitions.save_draft(definition_id=row.pk, content=content, by=cast.mara, seen=1, now=NOW)


def preview_of(row: Definition, *, whole: bool = False) -> Preview:
    preview = previews.start_preview(definition_id=row.pk, whole=whole, by=None, now=NOW)
    while previews.continue_preview(preview.pk, now=NOW):
        pass
    return Preview.objects.select_related("definition").get(pk=preview.pk)


def test_a_preview_says_who_comes_in_and_changes_nobody(cast: Cast) -> None:
    enters, stays_out = hot(), hot(bant=False)
    refresh_all(now=NOW)
    before = list(Standing.objects.order_by("pk").values())
    preview = preview_of(draft_at(42, cast))
    assert (preview.is_sample, preview.done, preview.people) == (False, 2, 2)
    assert preview.figures["enters"] == preview.figures["handed_over"] == 1
    assert (preview.figures["leaves"], preview.figures["qualified_was"], preview.figures["qualified_now"]) == (0, 0, 1)
    assert preview.figures["was"] == preview.figures["now"] == {"4": 2}
    change = preview.changes.get()
    assert (change.contact, change.enters, change.was_total, change.total) == (enters, True, 42, 42)
    assert stays_out.pk != change.contact_id
    assert list(Standing.objects.order_by("pk").values()) == before


def test_a_preview_says_who_drops_out(cast: Cast) -> None:
    contact = hot()
    factories.event(contact, "meeting_held")
    refresh_all(now=NOW)
    assert Standing.objects.get(pk=contact.pk).is_qualified
    preview = preview_of(draft_at(90, cast))
    assert (preview.figures["enters"], preview.figures["leaves"]) == (0, 1)
    assert not preview.changes.get().enters


def test_stretches_add_up_to_the_whole_and_a_sample_says_so(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(7):
        hot()
    refresh_all(now=NOW)
    row = draft_at(42, cast)
    at_once = preview_of(row).figures
    monkeypatch.setattr(previews, "SAMPLE", 4)
    monkeypatch.setattr(previews, "STRETCH", 2)
    sample = preview_of(row)
    assert sample.is_sample and sample.done_at and sample.done <= 4
    whole = preview_of(row, whole=True)
    assert not whole.is_sample and whole.done_at == NOW
    assert whole.figures == at_once
    assert whole.changes.count() == 7


def test_a_preview_of_a_draft_that_changed_meanwhile_is_dropped(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    hot()
    row = draft_at(42, cast)
    monkeypatch.setattr(previews, "SAMPLE", 0)
    preview = previews.start_preview(definition_id=row.pk, whole=True, by=None, now=NOW)
    content = replace(content_of(row), threshold=30)
    definitions.save_draft(definition_id=row.pk, content=content, by=cast.mara, seen=2, now=NOW)
    assert previews.continue_preview(preview.pk, now=NOW) is False
    assert not Preview.objects.exists()


def test_the_preview_warns_of_a_definition_that_sifts_nothing(cast: Cast) -> None:
    hot()
    refresh_all(now=NOW)
    row = draft_at(5, cast)
    preview_of(row)
    page = client_of(cast.mara).get(reverse("definition_preview", args=[row.pk])).content.decode()
    assert "It would qualify 100 % of all leads." in page


def test_the_lists_show_whom_one_may_see(cast: Cast) -> None:
    mine, theirs = hot(), hot()
    assign_owner([mine.pk], cast.rita)
    assign_owner([theirs.pk], cast.sven)
    refresh_all(now=NOW)
    row = draft_at(42, cast)
    preview_of(row)
    page = client_of(cast.rita).get(reverse("definition_changes", args=[row.pk, "enter"])).content.decode()
    assert mine.name in page and theirs.name not in page
    assert "You may see 1 of 2" in page
    page = client_of(cast.mara).get(reverse("definition_changes", args=[row.pk, "enter"])).content.decode()
    assert mine.name in page and theirs.name in page


def test_the_list_costs_the_same_for_many(cast: Cast) -> None:
    client, counts = client_of(cast.mara), []
    for people in (2, 30):
        for _ in range(people):
            hot()
        refresh_all(now=NOW)
        row = draft_at(42, cast)
        preview_of(row)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("definition_changes", args=[row.pk, "enter"])).status_code == 200
        counts.append(len(queries))
    assert counts[0] >= counts[1]


# --- back-test ---


def back_test(row: Definition) -> BackTest:
    test = back_tests.start_back_test(definition_id=row.pk, weeks=8, by=None, now=NOW)
    while back_tests.continue_back_test(test.pk, now=NOW):
        pass
    return BackTest.objects.select_related("definition", "against").get(pk=test.pk)


def day_promoted(test: BackTest, contact: Contact) -> int | None:
    """Days ago, by the draft."""
    row = BackTestPromotion.objects.filter(back_test=test, contact=contact, is_active=False).first()
    return day_of(NOW) - row.day if row else None


def test_a_promotion_is_found_in_its_week(cast: Cast) -> None:
    contact = hot(days_ago=20, created_days_ago=40)
    test = back_test(draft_at(30, cast))
    assert test.done_at == NOW and test.done == 9
    assert day_promoted(test, contact) == 15  # judged 57, 50 … 22, 15 days ago
    side = trials.sides(test)["draft"]
    assert (side.promoted, side.already, side.won, side.undecided) == (1, 0, 0, 1)
    assert trials.sides(test)["active"].promoted == 0


def test_who_qualified_before_the_weeks_began_is_no_promotion(cast: Cast) -> None:
    hot(days_ago=58, created_days_ago=90)
    side = trials.sides(back_test(draft_at(42, cast)))["draft"]
    assert (side.promoted, side.already) == (0, 1)


@pytest.mark.parametrize("late", ["event", "evidence", "answer written down", "contact"])
def test_nothing_is_looked_up_that_came_later(cast: Cast, late: str) -> None:
    """The event happened on time but arrived late; the answer was given, or told us, late; the record was made late."""
    contact = hot(days_ago=40, created_days_ago=50)
    later = NOW - timedelta(days=10)
    if late == "event":
        EngagementEvent.objects.filter(contact=contact).update(received_at=later)
    elif late == "evidence":
        Evidence.objects.filter(contact=contact, criterion__key="budget").update(observed_at=later)
    elif late == "answer written down":
        Evidence.objects.filter(contact=contact, criterion__key="budget").delete()
        factories.evidence(contact, "budget", observed_at=NOW - timedelta(days=40), now=later)
    else:
        Contact.objects.filter(pk=contact.pk).update(created_at=later)
    # by then the 37 points of day 40 would have faded below the line of 20 only later
    test = back_test(draft_at(20, cast))
    assert day_promoted(test, contact) == 8


def test_somebody_disqualified_later_was_a_promotion_then(cast: Cast) -> None:
    """Today's lifecycle would hide the mistake."""
    contact = hot(days_ago=20, created_days_ago=40)
    enter_lifecycle(contact.pk, Lifecycle.DISQUALIFIED, now=NOW - timedelta(days=3), reason="Competitor")
    side = trials.sides(back_test(draft_at(30, cast)))["draft"]
    assert (side.promoted, side.lost, side.won) == (1, 1, 0)


def test_precision_recall_and_lift_are_counted_by_hand(cast: Cast) -> None:
    bought, passed = hot(days_ago=30, created_days_ago=40), hot(days_ago=30, created_days_ago=40)
    unseen = factories.contact(now=NOW - timedelta(days=40))
    nobody = factories.contact(now=NOW - timedelta(days=40))
    Contact.objects.filter(pk__in=[unseen.pk, nobody.pk]).update(created_at=NOW - timedelta(days=40))
    for contact in (bought, unseen):
        enter_lifecycle(contact.pk, Lifecycle.CUSTOMER, now=NOW - timedelta(days=9), reason="Won")
    test = back_test(draft_at(30, cast))
    side = trials.sides(test)["draft"]
    assert (side.promoted, side.won, side.caught) == (2, 1, 1)
    assert (side.precision.percent, side.recall.percent, side.lift) == ("50 %", "50 %", 1.0)
    assert (
        side.sentence
        == "Too few to be sure: 1 of 2 became customers, so the true share may be anything from 9 to 91 %."
    )
    assert passed.pk and {name: test.figures["base"][name] for name in ("people", "won", "won_within")} == {
        "people": 4,
        "won": 2,
        "won_within": 2,
    }
    page = client_of(cast.rita).get(reverse("definition_back_test", args=[test.definition_id])).content.decode()
    assert "Too few to be sure" in page


def test_today_s_back_test_is_today_s_judgement(cast: Cast) -> None:
    """As of a day on which everything had arrived, the past statement says what the live one says."""
    for number in range(6):
        hot(days_ago=2 + 5 * number, created_days_ago=60, bant=number % 2 == 0)
    row = draft_at(30, cast)
    yesterday = NOW - timedelta(days=1)
    spec, day = load_spec(row), day_of(yesterday)
    names = ("contact_id", "fit", "total", "grade", "is_qualified")
    live = sorted(tuple(r[n] for n in names) for r in run(statement_of(spec).select(EVERYBODY), [0], day))
    past = sorted(tuple(r[n] for n in names) for r in fetch(PastStatement(spec, literal, day).everybody()))
    assert live == past and any(row[-1] for row in live)


@pytest.mark.parametrize("weeks", ["", "5", "-1", "9" * 30, "x\0"])
def test_how_far_back_is_one_of_the_choices(cast: Cast, weeks: str) -> None:
    row = draft_at(42, cast)
    answer = client_of(cast.mara).post(reverse("definition_back_test", args=[row.pk]), {"weeks": weeks})
    assert answer.status_code == 422
    assert not BackTest.objects.exists()


def test_the_sweep_finds_what_nobody_goes_on_with(cast: Cast) -> None:
    row = draft_at(42, cast)
    test = back_tests.start_back_test(definition_id=row.pk, weeks=13, by=None, now=NOW)
    assert trials.abandoned(now=NOW).back_tests == []
    assert trials.abandoned(now=NOW + timedelta(minutes=2)).back_tests == [test.pk]
