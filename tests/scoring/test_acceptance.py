"""Whether hand-offs were accepted: in back-tests, in the report on rules, and the weekly load of a preview."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.models import Contact, Lifecycle
from leads.services import enter_lifecycle
from scoring import accountability, queries, tasks
from scoring.acceptance import ACCEPTED, EARLY, RETURNED, ended
from scoring.accountability import Promotion
from scoring.models import BackTest, Definition, Preview, RuleReport
from scoring.queries import trials
from scoring.queries.drafts import content_of
from scoring.services import back_tests, previews, refresh_all
from scoring.services.accountability import count_rules
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.scoring.test_trials import draft_at, hot


def test_who_goes_back_within_the_window_was_not_accepted() -> None:
    then = NOW - timedelta(days=30)
    assert ended(then, [], now=NOW) == ACCEPTED
    assert ended(then + timedelta(seconds=1), [], now=NOW) == EARLY
    assert ended(then, [then + timedelta(days=29)], now=NOW) == RETURNED
    assert ended(NOW - timedelta(days=2), [NOW - timedelta(days=1)], now=NOW) == RETURNED
    assert ended(then, [then - timedelta(days=1), then + timedelta(days=30)], now=NOW) == ACCEPTED


def moved(contact: Contact, *steps: tuple[Lifecycle, float]) -> Contact:
    for stage, days_ago in steps:
        enter_lifecycle(contact.pk, stage, now=NOW - timedelta(days=days_ago), reason="Handed over")
    return contact


@pytest.mark.django_db
def test_a_back_test_measures_against_accepted_hand_offs(cast: Cast) -> None:
    """Judged 85, 78 … 43, 36, 29 … days ago; all of them would be promoted 43 days ago, on one evening."""
    prospect, lead = Lifecycle.PROSPECT, Lifecycle.LEAD
    kept = moved(hot(days_ago=45, created_days_ago=100), (prospect, 45))
    back = moved(hot(days_ago=45, created_days_ago=100), (prospect, 45), (lead, 40))
    lately = moved(hot(days_ago=45, created_days_ago=100), (prospect, 10))
    never = hot(days_ago=45, created_days_ago=100)
    before = moved(hot(days_ago=45, created_days_ago=100), (prospect, 60))  # was one already: no promotion of this kind
    unseen = moved(hot(days_ago=300, created_days_ago=310), (prospect, 50))  # accepted, and not promoted by this one
    test = back_tests.start_back_test(definition_id=draft_at(30, cast).pk, weeks=12, by=None, now=NOW)
    while back_tests.continue_back_test(test.pk, now=NOW):
        pass
    test = BackTest.objects.select_related("definition", "against").get(pk=test.pk)
    side = trials.sides(test)["draft"]
    assert len({kept.pk, back.pk, lately.pk, never.pk, before.pk, unseen.pk}) == 6
    assert (side.promoted, side.open_to_it, side.accepted, side.returned, side.not_handed_over) == (5, 4, 1, 1, 2)
    assert (side.acceptance.hits, side.acceptance.of) == (1, 2)
    assert (side.accepted_recall.hits, side.accepted_recall.of) == (1, 3)
    assert side.accepted_lift == 0.5  # 1 of 4 against 3 of 6
    assert side.accepted_sentence.startswith("Of 2 that were handed over, 1 were accepted")
    page = client_of(cast.mara).get(reverse("definition_back_test", args=[test.definition_id])).content.decode()
    assert "Hand-offs" in page and side.accepted_sentence.split(" (")[0] in page


@pytest.mark.django_db
def test_a_preview_says_how_many_a_week_each_rep_would_get(cast: Cast) -> None:
    for days_ago in (3, 10, 10, 17, 24, 24):
        hot(days_ago=days_ago, created_days_ago=60)
    refresh_all(now=NOW)
    row = draft_at(30, cast)
    preview = previews.start_preview(definition_id=row.pk, whole=True, by=None, now=NOW)
    address = reverse("definition_preview", args=[row.pk])
    client = client_of(cast.mara)
    assert "is being worked out: 0 of 5" in client.get(address).content.decode()
    load = BackTest.objects.get(preview=preview)
    tasks.run_back_test(load.pk)
    while back_tests.continue_back_test(load.pk, now=NOW):
        pass
    part = client.get(f"{address}?part=load", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    reps = 3  # Rita, Ravi, Sven
    assert f"It would give each rep {6 / 4 / reps:.1f} a week, against 0.0 now. Few, so take it as a guess." in part
    # somebody's own back-test is another one
    back_tests.start_back_test(definition_id=row.pk, weeks=8, by=None, now=NOW)
    assert BackTest.objects.filter(preview=None).count() == 1 and BackTest.objects.count() == 2
    previews.start_preview(definition_id=row.pk, whole=True, by=None, now=NOW)
    assert Preview.objects.count() == 1 and BackTest.objects.filter(preview=None).count() == 1


@pytest.mark.django_db
def test_the_report_counts_acceptance_per_rule_and_lists_the_people(cast: Cast) -> None:
    now = timezone.now()
    version = Definition.objects.get(status="active").version
    people = []
    for goes_back in (False, False, True):
        contact = factories.contact(now=now - timedelta(days=60))
        factories.event(contact, "demo_requested", now=now - timedelta(days=51))
        enter_lifecycle(
            contact.pk, Lifecycle.PROSPECT, now=now - timedelta(days=50), reason="Qualified", definition_version=version
        )
        if goes_back:
            enter_lifecycle(contact.pk, Lifecycle.LEAD, now=now - timedelta(days=45), reason="No budget")
        people.append(contact)
    [report] = count_rules(now=now)
    spec = queries.active_spec()
    assert report is not None and spec is not None
    demo = next(row for row in accountability.accounts(spec, report.content) if row.name == "Asked for a demo")
    assert (demo.accepted.hits, demo.accepted.of) == (2, 3)
    client = client_of(cast.mara)
    assert "of 3<span" in client.get(reverse("rule_report")).content.decode()
    listed = client.get(reverse("rule_contacts", args=[demo.key, "accepted"])).content.decode()
    assert people[0].name in listed and f"/leads/{people[2].pk}/" not in listed


def test_a_report_of_before_says_nothing_of_acceptance() -> None:
    assert Promotion(1, 1, 1, "won").handed_over == EARLY


@pytest.mark.django_db
def test_suggested_points_become_a_draft_that_says_why(cast: Cast) -> None:
    spec = queries.active_spec()
    assert spec is not None
    keys = accountability.keys(spec)
    rules = [line.name for line in spec.engagement] + [line.name for line in spec.fit]
    names = {name: keys[place] for place, name in enumerate(rules)}
    pricing, social, size = (
        names[name] for name in ("Looked at pricing", "Reacted on social media", "50 to 1,000 employees")
    )
    proposals = {pricing: [24, 15, 33], social: [0, -1, 0], size: [15, 10, 20]}  # the last one is what it has
    content = accountability.report(spec, {0: 10}, [], {}, proposals)
    client, address = client_of(cast.mara), reverse("rule_report_draft")
    said = client.post(address, follow=True).content.decode()
    assert "The rules have not been counted yet" in said and Definition.objects.count() == 1
    RuleReport.objects.create(definition_id=spec.id, day=1, counted_at=NOW, content=content)
    assert "Draft from history" in client.get(reverse("rule_report")).content.decode()
    assert client.post(address).status_code == 302
    draft = Definition.objects.get(status="draft")
    made, was = content_of(draft), content_of(Definition.objects.get(status="active"))
    assert draft.note.endswith("Looked at pricing 6 → 24 (15 to 33); Reacted on social media 1 → 0 (-1 to 0)")
    points = {rule.name: (rule.points, rule.cap) for rule in made.engagement}
    assert points["Looked at pricing"] == (24, 24)  # a cap below one event would hide it
    assert "Reacted on social media" not in points
    assert len(made.engagement) == len(was.engagement) - 1 and made.fit == was.fit
    assert made.threshold == was.threshold and not draft.is_signed
    RuleReport.objects.update(content=accountability.report(spec, {0: 10}, [], {}, {size: [15, 10, 20]}))
    assert "History suggests no other points" in client.post(address, follow=True).content.decode()
    assert Definition.objects.filter(status="draft").count() == 1
