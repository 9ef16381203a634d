"""Two people at once: one wins, the other hears of it, and one definition is active."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection

from core.errors import Refused, Stale
from scoring.models import Definition
from scoring.queries.drafts import content_of
from scoring.services import definitions
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], object]) -> list[str]:
    """Run them together; what each came to: "done", or the name of the refusal."""
    gate = threading.Barrier(len(works))
    said: list[str] = []

    def run(work: Callable[[], object]) -> None:
        try:
            gate.wait(20)
            work()
            said.append("done")
        except Refused as refused:
            said.append(type(refused).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(said)


def signed_draft(cast: Cast) -> Definition:
    row = definitions.new_draft(by=cast.mara, now=NOW)
    definitions.sign(definition_id=row.pk, side="marketing", by=cast.mara, seen=1, now=NOW)
    return definitions.sign(definition_id=row.pk, side="sales", by=cast.mona, seen=1, now=NOW)


def test_two_drafts_begun_at_once_get_two_versions(cast: Cast) -> None:
    begin = [lambda: definitions.new_draft(by=cast.mara, now=NOW)] * 3
    assert at_once(*begin) == ["done"] * 3
    assert sorted(Definition.objects.values_list("version", flat=True)) == [1, 2, 3, 4]


def test_two_save_at_once_and_one_of_them_is_told(cast: Cast) -> None:
    row = definitions.new_draft(by=cast.mara, now=NOW)
    content = content_of(row)

    def save(threshold: int) -> Callable[[], object]:
        return lambda: definitions.save_draft(
            definition_id=row.pk, content=replace(content, threshold=threshold), by=cast.mara, seen=1, now=NOW
        )

    assert at_once(save(44), save(46)) == ["Stale", "done"]
    row.refresh_from_db()
    assert row.revision == 2 and row.threshold in {44, 46}
    assert row.engagement_rules.count() == 21


def test_two_drafts_activated_at_once_leave_one_active(cast: Cast) -> None:
    first, second = signed_draft(cast), signed_draft(cast)

    def activate(row: Definition) -> Callable[[], object]:
        return lambda: definitions.activate(definition_id=row.pk, seen=1, now=NOW)

    assert at_once(activate(first), activate(second)) == ["done", "done"]
    assert Definition.objects.filter(status="active").count() == 1
    assert Definition.objects.filter(status="retired").count() == 2


def test_one_for_all_and_one_for_a_team_activated_at_once_are_both_active(cast: Cast) -> None:
    rows = [signed_draft(cast), signed_draft(cast), signed_draft(cast)]
    Definition.objects.filter(pk__in=[row.pk for row in rows[1:]]).update(team=cast.rita.team)

    def activate(row: Definition) -> Callable[[], object]:
        return lambda: definitions.activate(definition_id=row.pk, seen=1, now=NOW)

    assert at_once(*map(activate, rows)) == ["done"] * 3
    active = Definition.objects.filter(status="active")
    assert set(active.values_list("team", flat=True)) == {None, cast.rita.team_id}
    assert active.count() == 2


def test_a_teams_definition_ends_once(cast: Cast) -> None:
    row = signed_draft(cast)
    Definition.objects.filter(pk=row.pk).update(team=cast.rita.team)
    definitions.activate(definition_id=row.pk, seen=1, now=NOW)
    work = [lambda: definitions.end_for_team(definition_id=row.pk, now=NOW)] * 2
    assert at_once(*work) == ["Stale", "done"]


def test_the_same_draft_is_activated_once(cast: Cast) -> None:
    row = signed_draft(cast)
    work = [lambda: definitions.activate(definition_id=row.pk, seen=1, now=NOW)] * 2
    assert at_once(*work) == ["Stale", "done"]


def test_a_change_beside_the_activation_never_gets_in(cast: Cast) -> None:
    """Either the change comes first and takes the signatures, or the activation does and nothing changes any more."""
    row = signed_draft(cast)
    content = replace(content_of(row), threshold=44)
    said = at_once(
        lambda: definitions.activate(definition_id=row.pk, seen=1, now=NOW),
        lambda: definitions.save_draft(definition_id=row.pk, content=content, by=cast.mara, seen=1, now=NOW),
    )
    row.refresh_from_db()
    assert said in (["Stale", "done"], ["Refused", "done"])
    assert (row.status, row.threshold) in {("active", 50), ("draft", 44)}
    with pytest.raises(Stale):
        definitions.activate(definition_id=row.pk, seen=1, now=NOW)
