"""How many leads a week each threshold would have promoted: past weeks judged once, with the lowest one."""

from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction

from core.errors import Refused
from leads.days import day_of
from scoring import signals
from scoring.loads import crossings
from scoring.models import Definition, DefinitionStatus, HighestTotal, LoadTrial
from scoring.past import PastStatement, end_of
from scoring.queries.drafts import content_of
from scoring.queries.specs import active_specs, literal, load_spec
from scoring.services import definitions
from users.models import User

WEEKS = 12
BELOW, ABOVE = 40, 60  # points around the threshold of today

# whoever was handed over before the weeks began is no load of any threshold
_TAKEN = """
INSERT INTO scoring_highesttotal (trial_id, contact_id, total)
SELECT {trial}, contact_id, {top} FROM (
  SELECT DISTINCT ON (contact_id) contact_id, to_stage FROM leads_lifecyclechange
  WHERE at < '{until}' ORDER BY contact_id, at DESC, id DESC) stage
WHERE to_stage IN ('prospect', 'customer')"""

# OFFSET 0 as in scoring/services/back_tests.py
_JUDGED = """
WITH x AS MATERIALIZED (SELECT contact_id, least(total, {top}) AS total FROM ({select} OFFSET 0) q WHERE is_qualified),
risen AS (
  SELECT x.contact_id, x.total, coalesce(h.total, {floor} - 1) AS before
  FROM x LEFT JOIN scoring_highesttotal h ON h.trial_id = {trial} AND h.contact_id = x.contact_id
  WHERE (h.total IS NULL OR h.total < x.total) AND NOT EXISTS (
    SELECT 1 FROM leads_lifecyclechange c
    WHERE c.contact_id = x.contact_id AND c.to_stage = 'customer' AND c.at < '{until}')),
kept AS (
  INSERT INTO scoring_highesttotal (trial_id, contact_id, total) SELECT {trial}, contact_id, total FROM risen
  ON CONFLICT (trial_id, contact_id) DO UPDATE SET total = excluded.total)
SELECT before, total, count(*) FROM risen GROUP BY 1, 2"""


@transaction.atomic
def start_load_trial(*, by: User | None, now: datetime, team_id: int | None = None) -> LoadTrial:
    """Count what each threshold of the definition for all, or of a team's, would have promoted; a task does the work.

    One that is under way goes on.
    """
    current = Definition.objects.filter(status=DefinitionStatus.ACTIVE, team=team_id)
    active = current.select_for_update(no_key=True).first()
    if active is None:
        raise Refused("There is no active definition yet.")
    running = LoadTrial.objects.filter(definition=active, done_at=None).first()
    if running is not None:
        return running
    LoadTrial.objects.filter(definition__team=team_id).delete()
    floor = max(1, active.threshold - BELOW)
    trial = LoadTrial.objects.create(
        definition=active,
        floor=floor,
        top=active.threshold + ABOVE,
        first_day=day_of(now) - 1 - 7 * WEEKS,  # yesterday is the last whole day
        weeks=WEEKS,
        started_by=by,
        started_at=now,
        touched_at=now,
    )
    signals.load_trial_asked.send(sender=None, load_trial_id=trial.pk)
    return trial


@transaction.atomic
def continue_load_trial(load_trial_id: int, *, now: datetime) -> bool:
    """Judge the next instant; whether there is more to do. A trial that another worker holds is left to it."""
    trial = (
        LoadTrial.objects.select_related("definition")
        .filter(pk=load_trial_id, done_at=None)
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .first()
    )
    if trial is None:
        return False
    if trial.is_stale:
        trial.delete()
        return False
    week = _judge(trial, trial.first_day + 7 * trial.done)
    if trial.done:  # whoever is qualified when the weeks begin is no promotion
        trial.figures.append(week)
    trial.done += 1
    trial.touched_at = now
    if trial.done > trial.weeks:
        trial.done_at = now
        HighestTotal.objects.filter(trial=trial).delete()
    trial.save()
    return trial.done_at is None


def _judge(trial: LoadTrial, day: int) -> list[int]:
    spec = replace(load_spec(trial.definition), threshold=trial.floor)
    words = {"trial": trial.pk, "floor": trial.floor, "top": trial.top, "until": end_of(day).isoformat()}
    with connection.cursor() as cursor:
        if trial.done == 0:
            cursor.execute(_TAKEN.format(**words))
        whose = active_specs().whose(trial.definition.team_id)
        cursor.execute(_JUDGED.format(select=PastStatement(spec, literal, day).everybody(whose), **words))
        return crossings(cursor.fetchall(), trial.floor, trial.top)


@transaction.atomic
def draft_with_threshold(
    *, threshold: int, note: str, by: User, now: datetime, source_id: int | None = None
) -> Definition:
    """A draft that says what the active definition for all (or the source) says, but for where its line is."""
    draft = definitions.new_draft(by=by, now=now, source_id=source_id)
    content = replace(content_of(draft), threshold=threshold, note=note)
    return definitions.save_draft(definition_id=draft.pk, content=content, by=by, seen=draft.revision, now=now)
