"""What a draft would make of everybody: counted contact by contact with the one evaluator, stretch by stretch."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from core.errors import Refused
from leads.days import day_of
from leads.models import Contact
from scoring import signals
from scoring.models import Definition, DefinitionStatus, Preview
from scoring.queries.drafts import active_for
from scoring.queries.specs import active_specs, fetch, filled, load_spec, statement_of
from scoring.services.back_tests import measure_load
from scoring.statement import RANGE, Targets
from users.models import User

SAMPLE = 20_000
STRETCH = 25_000
SOME = Targets("{column} = ANY ($1::bigint[])")  # many: the planner must not take them for few
BUCKET, LOWEST, HIGHEST = 10, -1, 10  # scores below 0 and from 100 on stand together

_COUNTED = """
WITH x AS MATERIALIZED ({select}),
j AS (
  SELECT x.contact_id, x.total, x.grade, x.is_qualified AS is_in, s.total AS was_total, s.grade AS was_grade,
    s.is_qualified AS was_in, s.lifecycle = 'lead' AS is_lead
  FROM x JOIN leads_standing s ON s.contact_id = x.contact_id WHERE NOT s.is_erased),
kept AS (
  INSERT INTO scoring_previewchange (preview_id, contact_id, enters, was_total, total, was_grade, grade)
  SELECT {preview}, contact_id, is_in, was_total, total, was_grade, grade FROM j WHERE is_in <> was_in
  ON CONFLICT DO NOTHING)
SELECT greatest({low}, least({high}, floor(was_total / {size}::float8)))::int AS was,
  greatest({low}, least({high}, floor(total / {size}::float8)))::int AS now,
  was_grade, grade, was_in, is_in, is_lead, count(*) AS people
FROM j GROUP BY 1, 2, 3, 4, 5, 6, 7"""


@transaction.atomic
def start_preview(*, definition_id: int, whole: bool, by: User | None, now: datetime) -> Preview:
    """Look at what a draft would do: at once on a sample (or on all, when they are few), else everybody by a task."""
    definition = Definition.objects.get(pk=definition_id)
    if definition.status == DefinitionStatus.RETIRED:
        raise Refused("This version is retired. Make a draft from it, and preview that.")
    definition.previews.all().delete()
    whose = active_specs().whose(definition.team_id)
    people = people_of(whose)
    preview = Preview.objects.create(
        definition=definition,
        against=active_for(definition.team_id),
        revision=definition.revision,
        day=day_of(now),
        is_sample=not whole and people > SAMPLE,
        people=people,
        last_contact=Contact.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
        started_by=by,
        started_at=now,
        touched_at=now,
    )
    if preview.is_sample:
        _count(preview, SOME, sample(people, whose))
        preview.done_at = now
    elif people <= SAMPLE:
        _count(preview, RANGE, [0, preview.last_contact])
        preview.done_at = now
    preview.save()
    measure_load(preview, now=now)
    if preview.done_at is None:
        signals.preview_asked.send(sender=None, preview_id=preview.pk)
    return preview


def people_of(whose: str) -> int:
    """How many there are whose owner is as it says (Active.whose)."""
    if not whose:
        return Contact.objects.count()
    sql = "SELECT count(*) AS people FROM leads_standing s LEFT JOIN users_user u ON u.id = s.owner_id WHERE "
    return int(fetch(sql + whose)[0]["people"])


def sample(people: int, whose: str) -> list[int]:
    """Ids of about SAMPLE of these people, the same ones each time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.contact_id FROM leads_standing s TABLESAMPLE BERNOULLI (%s) REPEATABLE (7) "
            f"LEFT JOIN users_user u ON u.id = s.owner_id WHERE {whose or 'true'} LIMIT %s",
            [min(100.0, 102.0 * SAMPLE / people), SAMPLE],
        )
        return sorted(row[0] for row in cursor.fetchall())


@transaction.atomic
def continue_preview(preview_id: int, *, now: datetime) -> bool:
    """Count the next stretch; whether there is more to do. A preview that another worker holds is left to it."""
    preview = (
        Preview.objects.select_related("definition")
        .filter(pk=preview_id, done_at=None)
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .first()
    )
    if preview is None:
        return False
    if preview.is_stale:
        preview.delete()  # somebody changed the draft: half a preview of what it was helps nobody
        return False
    end = preview.next_contact + STRETCH - 1
    _count(preview, RANGE, [preview.next_contact, end])
    preview.next_contact, preview.touched_at = end + 1, now
    if preview.next_contact > preview.last_contact:
        preview.done_at = now
    preview.save()
    return preview.done_at is None


def _count(preview: Preview, targets: Targets, numbers: list[int]) -> None:
    whose = active_specs().whose(preview.definition.team_id)
    select = statement_of(load_spec(preview.definition)).select(targets.only(whose))
    sql = _COUNTED.format(
        select=filled(select, numbers, preview.day), preview=preview.pk, size=BUCKET, low=LOWEST, high=HIGHEST
    )
    preview.figures = added(preview.figures, fetch(sql))
    preview.done = sum(preview.figures["was"].values())


def added(figures: Mapping[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures with more counted rows."""
    sums: dict[str, Any] = {name: dict(figures.get(name, {})) for name in ("was", "now", "grades")}
    counts = ("qualified_was", "qualified_now", "enters", "leaves", "leads", "leads_in", "handed_over")
    sums |= {name: figures.get(name, 0) for name in counts}
    for row in rows:
        people = row["people"]
        for name in ("was", "now"):
            sums[name][str(row[name])] = sums[name].get(str(row[name]), 0) + people
        move = f"{row['was_grade'] or '–'} {row['grade']}"
        sums["grades"][move] = sums["grades"].get(move, 0) + people
        sums["qualified_was"] += people * row["was_in"]
        sums["qualified_now"] += people * row["is_in"]
        sums["enters"] += people * (row["is_in"] and not row["was_in"])
        sums["leaves"] += people * (row["was_in"] and not row["is_in"])
        sums["leads"] += people * row["is_lead"]
        sums["leads_in"] += people * (row["is_lead"] and row["is_in"])
        sums["handed_over"] += people * (row["is_lead"] and row["is_in"] and not row["was_in"])
    return sums
