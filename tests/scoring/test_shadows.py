"""A draft beside the active definition: judged with every fact, kept apart, and without effect."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.errors import Refused
from leads.models import ChangedContact, Contact, Standing
from leads.services import assign_owner
from scoring import tasks
from scoring.models import Definition, RefreshRange, Shadow, ShadowVerdict, Verdict
from scoring.queries import shadows as asked
from scoring.queries.drafts import content_of
from scoring.services import definitions, refresh_all, rescore_changed, shadows
from tests import factories
from tests.budget import page_cost
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)


def lead(*kinds: str) -> Contact:
    """5 for a company's address, 25 for a demo, 12 for a reply, 18 for a meeting; all four answers."""
    contact = factories.contact(now=NOW - timedelta(days=1))
    for kind in kinds:
        factories.event(contact, kind)
    factories.bant(contact)
    return contact


def draft_at(threshold: int, cast: Cast) -> Definition:
    row = definitions.new_draft(by=cast.mara, now=NOW)
    content = replace(content_of(row), threshold=threshold)
    return definitions.save_draft(definition_id=row.pk, content=content, by=cast.mara, seen=1, now=NOW)


def begun(row: Definition, *, now: datetime = NOW) -> Shadow:
    shadow = shadows.start_shadow(definition_id=row.pk, by=None, now=now)
    while shadows.walk(shadow.pk, now=now):
        pass
    return Shadow.objects.get(pk=shadow.pk)


def test_they_disagree_since_it_began_and_nothing_happens_to_anybody(cast: Cast) -> None:
    middling, hot, cold = (
        lead("demo_requested", "email_replied"),
        lead("demo_requested", "meeting_held", "email_replied"),
        lead(),
    )
    refresh_all(now=NOW)
    before = list(Standing.objects.order_by("pk").values())
    verdicts = Verdict.objects.count()
    shadow = begun(draft_at(42, cast))
    assert shadow.walked_at == NOW
    row = ShadowVerdict.objects.get(contact=middling)
    assert (row.is_qualified, row.total, row.was_at_start, row.is_active, row.active_total) == (
        True,
        42,
        True,
        False,
        42,
    )
    assert row.differs_since == NOW
    assert ShadowVerdict.objects.get(contact=hot).differs_since is None
    assert not ShadowVerdict.objects.filter(contact=cold).exists()
    found = asked.figures(shadow)
    assert (found.both, found.only_shadow, found.only_active) == (1, 1, 0)
    assert (found.new_by_shadow, found.new_by_active) == (0, 0)
    assert found.sentence == "Of 2 whom either qualifies, they disagree on 1."
    assert list(Standing.objects.order_by("pk").values()) == before
    assert Verdict.objects.count() == verdicts


def test_a_new_fact_is_judged_by_both_in_one_pass(cast: Cast) -> None:
    contact, other = lead("email_replied"), lead("email_replied")
    refresh_all(now=NOW)
    shadow = begun(draft_at(42, cast))
    factories.event(contact, "demo_requested")
    rescore_changed(now=LATER)
    row = ShadowVerdict.objects.get(contact=contact)
    assert (row.is_qualified, row.is_active, row.was_at_start) == (True, False, False)
    assert (row.qualified_at, row.active_qualified_at, row.differs_since) == (LATER, None, LATER)
    assert asked.figures(shadow).new_by_shadow == 1
    latest = LATER + timedelta(hours=1)
    for one in (contact, other):
        factories.event(one, "meeting_held")
    rescore_changed(now=latest)
    row.refresh_from_db()
    assert (row.is_active, row.qualified_at, row.active_qualified_at, row.differs_since) == (True, LATER, latest, None)
    assert not ShadowVerdict.objects.filter(contact=other).exists()
    found = asked.figures(shadow)
    assert (found.new_by_shadow, found.new_by_active, found.new_by_both, found.both) == (1, 1, 1, 1)


def test_the_daily_round_judges_by_both_and_since_when_stays(cast: Cast) -> None:
    contact = lead("demo_requested", "email_replied")
    refresh_all(now=NOW)
    begun(draft_at(42, cast))
    RefreshRange.objects.all().delete()
    refresh_all(now=NOW + timedelta(days=4))
    row = ShadowVerdict.objects.get(contact=contact)
    assert (row.is_qualified, row.total) == (False, 40)  # it has faded: 5 + 24 + 11
    assert row.differs_since is None
    RefreshRange.objects.all().delete()
    refresh_all(now=NOW)
    again = ShadowVerdict.objects.get(contact=contact)
    assert (again.total, again.qualified_at, again.differs_since) == (42, NOW, NOW)


def test_without_a_shadow_a_scorer_asks_one_question_more_and_writes_nothing(cast: Cast) -> None:
    contact = lead("demo_requested")
    refresh_all(now=NOW)
    rescore_changed(now=NOW)
    draft_at(42, cast)
    ChangedContact.objects.create(contact_id=contact.pk)
    with CaptureQueriesContext(connection) as made:
        rescore_changed(now=NOW)
    assert [query["sql"] for query in made if "scoring_shadow" in query["sql"]].__len__() == 1
    assert not ShadowVerdict.objects.exists()


def test_one_at_a_time_and_only_a_draft_that_can_judge(cast: Cast) -> None:
    first, second = draft_at(42, cast), draft_at(43, cast)
    shadow = shadows.start_shadow(definition_id=first.pk, by=cast.mara, now=NOW)
    assert shadows.start_shadow(definition_id=first.pk, by=cast.mara, now=LATER) == shadow  # pressed twice
    with pytest.raises(Refused, match=f"Version {first.version} runs beside it already"):
        shadows.start_shadow(definition_id=second.pk, by=cast.mara, now=NOW)
    assert shadows.stop_shadow(definition_id=first.pk, now=LATER) is True
    assert shadows.stop_shadow(definition_id=first.pk, now=LATER) is False
    shadows.start_shadow(definition_id=second.pk, by=cast.mara, now=LATER)
    with pytest.raises(Refused, match="Only a draft"):
        shadows.start_shadow(definition_id=Definition.objects.get(status="active").pk, by=None, now=NOW)


def test_a_draft_that_is_changed_or_activated_judges_nobody_any_more(cast: Cast) -> None:
    contact = lead("email_replied")
    refresh_all(now=NOW)
    row = draft_at(42, cast)
    shadow = begun(row)
    definitions.save_draft(
        definition_id=row.pk, content=replace(content_of(row), threshold=41), by=cast.mara, seen=2, now=NOW
    )
    factories.event(contact, "demo_requested")
    rescore_changed(now=LATER)
    assert not ShadowVerdict.objects.exists() and asked.running() is None
    tasks.resume_trials()
    shadow.refresh_from_db()
    assert (shadow.is_running, shadow.stopped_why) == (False, "The draft was changed.")
    again = begun(Definition.objects.get(pk=row.pk))
    assert list(Shadow.objects.values_list("pk", flat=True)) == [again.pk]
    Definition.objects.filter(pk=row.pk).update(status="retired")
    assert shadows.stop_outdated(now=NOW) == 1
    again.refresh_from_db()
    assert again.stopped_why == f"Version {row.version} is retired now."


def test_a_shadow_that_cannot_be_worked_out_stops_and_the_scorer_goes_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = lead("email_replied")
    refresh_all(now=NOW)
    shadow = begun(draft_at(42, cast))
    monkeypatch.setattr(shadows, "_JUDGED", "SELECT 1 / 0 /* {shadow}{now}{is_first}{select} */")
    factories.event(contact, "demo_requested")
    factories.event(contact, "meeting_held")
    rescore_changed(now=LATER)
    assert Standing.objects.get(pk=contact.pk).is_qualified
    shadow.refresh_from_db()
    assert not shadow.is_running and shadow.stopped_why == "It could not be worked out: division by zero"


def test_the_first_round_is_gone_on_with_by_the_sweep(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        lead("demo_requested", "email_replied")
    refresh_all(now=NOW)
    monkeypatch.setattr(shadows, "STRETCH", 1)
    shadow = shadows.start_shadow(definition_id=draft_at(42, cast).pk, by=None, now=NOW)
    assert shadows.walk(shadow.pk, now=NOW) is True
    assert asked.unfinished(now=NOW) == []
    assert asked.unfinished(now=NOW + timedelta(minutes=2)) == [shadow.pk]
    while shadows.walk(shadow.pk, now=NOW):
        pass
    assert ShadowVerdict.objects.filter(is_qualified=True, was_at_start=True).count() == 3
    assert shadows.walk(shadow.pk, now=NOW) is False


@pytest.mark.django_db(transaction=True)
def test_two_start_it_at_once_and_one_runs(cast: Cast) -> None:
    drafts = [draft_at(42, cast), draft_at(43, cast)]
    ready = threading.Barrier(2)
    said: list[str] = []

    def start(row: Definition) -> None:
        try:
            ready.wait()
            shadows.start_shadow(definition_id=row.pk, by=None, now=NOW)
            said.append("started")
        except Refused:
            said.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=start, args=[row]) for row in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["refused", "started"]
    assert Shadow.objects.filter(is_running=True).count() == 1


def test_the_pages_start_it_show_it_and_stop_it(cast: Cast) -> None:
    mine, theirs = lead("demo_requested", "email_replied"), lead("demo_requested", "email_replied")
    assign_owner([mine.pk], cast.rita)
    assign_owner([theirs.pk], cast.sven)
    refresh_all(now=NOW)
    row = draft_at(42, cast)
    address = reverse("definition_shadow", args=[row.pk])
    marketer = client_of(cast.mara)
    assert "It does not run" in marketer.get(address).content.decode()
    assert client_of(cast.rita).post(address).status_code == 302 and not Shadow.objects.exists()
    marketer.post(address)
    assert "Judging everybody once" in marketer.get(address).content.decode()
    progress = reverse("definition_shadow_progress", args=[row.pk])
    assert "HX-Refresh" not in marketer.get(progress).headers
    assert shadows.walk(Shadow.objects.get().pk, now=NOW) is False
    assert marketer.get(progress).headers["HX-Refresh"] == "true"
    page = marketer.get(address).content.decode()
    assert "Of 2 whom either qualifies, they disagree on 2." in page
    only = reverse("definition_shadow_list", args=[row.pk, "shadow"])
    listed = client_of(cast.rita).get(only).content.decode()
    assert mine.name in listed and "You may see 1 of 2" in listed
    assert client_of(cast.mara).get(reverse("definition_shadow_list", args=[row.pk, "both"])).status_code == 404
    stop = reverse("definition_shadow_stop", args=[row.pk])
    assert client_of(cast.rita).post(stop).status_code == 403
    assert marketer.get(stop).status_code == 405
    marketer.post(stop)
    assert not Shadow.objects.get().is_running
    assert "Ran from" in marketer.get(address).content.decode()


def test_a_list_of_disagreements_costs_the_same_for_2_and_for_60(cast: Cast) -> None:
    def cost(people: int) -> int:
        for _ in range(people):
            lead("demo_requested", "email_replied")
        refresh_all(now=NOW)
        ChangedContact.objects.all().delete()
        Shadow.objects.all().delete()
        begun(row)
        return page_cost(client, reverse("definition_shadow_list", args=[row.pk, "shadow"]))

    client = client_of(cast.mara)
    row = draft_at(42, cast)
    few = cost(2)
    RefreshRange.objects.all().delete()
    assert cost(60) == few
