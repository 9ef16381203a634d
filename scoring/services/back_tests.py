"""What a definition would have done in past weeks: each week judged with what was known then, oldest first."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from core.errors import Refused
from leads.days import day_of
from scoring import acceptance, signals
from scoring.models import BackTest, Definition, Preview
from scoring.past import PastStatement, end_of
from scoring.queries.drafts import active_for
from scoring.queries.specs import active_specs, fetch, literal, load_spec
from users.models import User

LEAST_WEEKS, MOST_WEEKS = 4, 104
LOAD_WEEKS = 4

# OFFSET 0: a condition that reached into the evaluator would have it run per contact
_PROMOTED = """
INSERT INTO scoring_backtestpromotion (back_test_id, contact_id, is_active, day)
SELECT {test}, x.contact_id, {is_active}, {day} FROM ({select} OFFSET 0) x WHERE x.is_qualified
ON CONFLICT DO NOTHING"""

# a hand-off is accepted when they were no lead again within the window (scoring/acceptance.py); the one that an instant
# foresees may have come in the week before it, because weeks are judged at their end
_HANDED_OVER = """
taken AS (
  SELECT contact_id, min(at) FILTER (WHERE NOT is_back AND at <= %(now)s - %(window)s) AS at,
    min(at) FILTER (WHERE is_back) AS back_at, min(at) AS first_at
  FROM (
    SELECT c.contact_id, c.at, EXISTS (
      SELECT 1 FROM leads_lifecyclechange b WHERE b.contact_id = c.contact_id AND b.to_stage = 'lead'
        AND b.at > c.at AND b.at < c.at + %(window)s) AS is_back
    FROM leads_lifecyclechange c WHERE c.to_stage = 'prospect') h
  GROUP BY 1)"""

# they were no prospect before the week of the instant
_NEW = "(taken.first_at IS NULL OR taken.first_at >= p.judged_at - interval '7 days')"

# a customer is who became one; whoever was one already on the day is no promotion
_OUTCOMES = f"""
WITH {_HANDED_OVER.strip()},
won AS (
  SELECT contact_id, min(at) AS at FROM leads_lifecyclechange WHERE to_stage = 'customer' GROUP BY 1),
gone AS (
  SELECT contact_id, max(at) AS at FROM leads_lifecyclechange WHERE to_stage = 'disqualified' GROUP BY 1),
p AS (
  SELECT b.contact_id, b.is_active, b.day,
    (DATE '2020-01-01' + b.day + 1)::timestamp AT TIME ZONE 'UTC' AS judged_at
  FROM scoring_backtestpromotion b WHERE b.back_test_id = %(test)s)
SELECT p.is_active, p.day, count(*) AS people,
  count(*) FILTER (WHERE won.at >= p.judged_at) AS won,
  count(*) FILTER (WHERE won.at IS NULL AND gone.at >= p.judged_at) AS lost,
  count(*) FILTER (WHERE won.at >= p.judged_at AND won.at < %(end)s AND won.at >= %(begin)s) AS caught,
  count(*) FILTER (WHERE {_NEW}) AS open_to_it,
  count(*) FILTER (WHERE {_NEW} AND taken.at IS NOT NULL) AS accepted,
  count(*) FILTER (WHERE {_NEW} AND taken.at IS NULL AND taken.back_at IS NOT NULL) AS returned,
  count(*) FILTER (WHERE {_NEW} AND taken.first_at >= %(begin)s AND taken.at < %(end)s) AS accepted_within
FROM p LEFT JOIN won USING (contact_id) LEFT JOIN gone USING (contact_id) LEFT JOIN taken USING (contact_id)
WHERE won.at IS NULL OR won.at >= p.judged_at
GROUP BY 1, 2 ORDER BY 1, 2"""

_BASE = f"""
WITH {_HANDED_OVER.strip()},
won AS (
  SELECT contact_id, min(at) AS at FROM leads_lifecyclechange WHERE to_stage = 'customer' GROUP BY 1)
SELECT count(*) AS people, count(won.at) AS won,
  count(*) FILTER (WHERE won.at < %(end)s) AS won_within,
  count(*) FILTER (WHERE taken.first_at IS NULL OR taken.first_at >= %(begin)s) AS open_to_it,
  count(*) FILTER (WHERE taken.first_at >= %(begin)s AND taken.at IS NOT NULL) AS accepted,
  count(*) FILTER (WHERE taken.first_at >= %(begin)s AND taken.at < %(end)s) AS accepted_within
FROM leads_contact c LEFT JOIN won ON won.contact_id = c.id LEFT JOIN taken ON taken.contact_id = c.id
WHERE c.created_at < %(end)s AND (won.at IS NULL OR won.at >= %(begin)s)"""
_WHOSE = """
  AND c.id IN (SELECT s.contact_id FROM leads_standing s LEFT JOIN users_user u ON u.id = s.owner_id WHERE {whose})"""


@transaction.atomic
def start_back_test(*, definition_id: int, weeks: int, by: User | None, now: datetime) -> BackTest:
    """Judge the past weeks by a definition, and by the active one beside it; a task does the work."""
    if not LEAST_WEEKS <= weeks <= MOST_WEEKS:
        raise Refused(weeks=f"From {LEAST_WEEKS} to {MOST_WEEKS} weeks.")
    definition = Definition.objects.get(pk=definition_id)
    definition.back_tests.filter(preview=None).delete()
    return _begin(definition, weeks=weeks, by=by, now=now)


def measure_load(preview: Preview, *, now: datetime) -> BackTest:
    """Judge the last weeks for a preview, in the running transaction: how many each definition promotes in a week."""
    return _begin(preview.definition, weeks=LOAD_WEEKS, by=preview.started_by, now=now, preview=preview)


def _begin(
    definition: Definition, *, weeks: int, by: User | None, now: datetime, preview: Preview | None = None
) -> BackTest:
    active = active_for(definition.team_id)
    test = BackTest.objects.create(
        definition=definition,
        preview=preview,
        against=None if active == definition else active,
        revision=definition.revision,
        first_day=day_of(now) - 1 - 7 * weeks,  # yesterday is the last whole day
        weeks=weeks,
        started_by=by,
        started_at=now,
        touched_at=now,
    )
    signals.back_test_asked.send(sender=None, back_test_id=test.pk)
    return test


@transaction.atomic
def continue_back_test(back_test_id: int, *, now: datetime) -> bool:
    """Judge the next instant; whether there is more to do. A test that another worker holds is left to it."""
    test = (
        BackTest.objects.select_related("definition", "against")
        .filter(pk=back_test_id, done_at=None)
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .first()
    )
    if test is None:
        return False
    if test.is_stale:
        test.delete()
        return False
    day = test.first_day + 7 * test.done
    _judge(test, test.definition, day, is_active=False)
    if test.against is not None:
        _judge(test, test.against, day, is_active=True)
    test.done += 1
    test.touched_at = now
    if test.done > test.weeks:
        test.done_at = now
        test.figures = outcomes(test, now=now)
    test.save()
    return test.done_at is None


def _judge(test: BackTest, definition: Definition, day: int, *, is_active: bool) -> None:
    whose = active_specs().whose(test.definition.team_id)
    select = PastStatement(load_spec(definition), literal, day).everybody(whose)
    with connection.cursor() as cursor:
        cursor.execute(_PROMOTED.format(test=test.pk, is_active=is_active, day=day, select=select))


def outcomes(test: BackTest, *, now: datetime) -> dict[str, Any]:
    """What became of those whom each definition would have promoted, week by week, and of everybody."""
    params: Any = {
        "test": test.pk,
        "begin": end_of(test.first_day),
        "end": end_of(test.first_day + 7 * test.weeks),
        "now": now,
        "window": acceptance.WINDOW,
    }
    sides: dict[str, list[dict[str, Any]]] = {"draft": [], "active": []}
    for row in fetch(_OUTCOMES, params):
        sides["active" if row.pop("is_active") else "draft"].append(row)
    whose = active_specs().whose(test.definition.team_id)
    return {"base": fetch(_BASE + (_WHOSE.format(whose=whose) if whose else ""), params)[0], **sides}
