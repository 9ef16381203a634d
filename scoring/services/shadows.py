"""A draft judges everybody beside the active definition, for real: its verdicts are kept apart and have no effect.

The scorer's passes judge by both in one transaction and by one statement, so the two are always of the same facts.
Nothing is done, but to ask whether there is one, while no shadow runs.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import DataError, ProgrammingError, connection, transaction

from core import locks
from core.errors import Refused
from leads.days import day_of
from leads.models import Contact
from scoring import signals
from scoring.drafting import problems
from scoring.models import Definition, Shadow
from scoring.queries import shadows
from scoring.queries.drafts import content_of, known
from scoring.queries.shadows import Running
from scoring.queries.specs import Active, active_specs, filled, statement_of
from scoring.statement import RANGE, Targets
from users.models import User

STRETCH = 25_000

# who is qualified by neither, and never was, has no row
_JUDGED = """
INSERT INTO scoring_shadowverdict AS v (shadow_id, contact_id, is_qualified, total, grade, was_at_start, qualified_at,
  is_active, active_total, active_grade, active_was_at_start, active_qualified_at, differs_since)
SELECT {shadow}, x.contact_id, x.is_qualified, x.total, x.grade, x.is_qualified AND {is_first},
  CASE WHEN x.is_qualified THEN {now} END, s.is_qualified, s.total, s.grade, s.is_qualified AND {is_first},
  CASE WHEN s.is_qualified THEN {now} END, CASE WHEN x.is_qualified <> s.is_qualified THEN {now} END
FROM ({select}) x JOIN leads_standing s ON s.contact_id = x.contact_id
WHERE NOT s.is_erased AND (x.is_qualified OR s.is_qualified OR EXISTS (
  SELECT 1 FROM scoring_shadowverdict w WHERE w.shadow_id = {shadow} AND w.contact_id = x.contact_id))
ORDER BY x.contact_id
ON CONFLICT (shadow_id, contact_id) DO UPDATE SET
  is_qualified = excluded.is_qualified, total = excluded.total, grade = excluded.grade,
  is_active = excluded.is_active, active_total = excluded.active_total, active_grade = excluded.active_grade,
  qualified_at = coalesce(v.qualified_at, excluded.qualified_at),
  active_qualified_at = coalesce(v.active_qualified_at, excluded.active_qualified_at),
  differs_since = CASE
    WHEN excluded.differs_since IS NULL THEN NULL
    WHEN v.is_qualified = excluded.is_qualified THEN coalesce(v.differs_since, excluded.differs_since)
    ELSE excluded.differs_since END
WHERE (v.is_qualified, v.total, v.grade, v.is_active, v.active_total, v.active_grade) IS DISTINCT FROM
  (excluded.is_qualified, excluded.total, excluded.grade, excluded.is_active, excluded.active_total,
   excluded.active_grade)"""

_LEFT = """
DELETE FROM scoring_shadowverdict v USING leads_standing s LEFT JOIN users_user u ON u.id = s.owner_id
WHERE v.shadow_id = {shadow} AND s.contact_id = v.contact_id AND {targets} AND ({whose}) IS NOT TRUE"""


@transaction.atomic
def start_shadow(*, definition_id: int, by: User | None, now: datetime) -> Shadow:
    """Let a draft judge beside the active definition from now on. Refused while another one does."""
    locks.locked(Definition.objects.all())
    definition = Definition.objects.get(pk=definition_id)
    if not definition.is_open:
        raise Refused("Only a draft can run beside the active definition. Make a draft from this version.")
    if wrong := problems(content_of(definition), known()):
        raise Refused(f"It cannot judge anybody yet: {next(iter(wrong.values()))}")
    other = Shadow.objects.filter(is_running=True).select_related("definition").first()
    if other is not None and other.definition_id == definition.pk and other.revision == definition.revision:
        return other
    if other is not None and other.definition_id != definition.pk:
        raise Refused(f"Version {other.definition.version} runs beside it already. Stop that one first.")
    if other is not None:
        _stop(other.pk, why="The draft was changed.", now=now)
    shadow = Shadow.objects.create(
        definition=definition,
        revision=definition.revision,
        started_by=by,
        started_at=now,
        touched_at=now,
        last_contact=Contact.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
    )
    definition.shadows.exclude(pk=shadow.pk).delete()
    signals.shadow_started.send(sender=None, shadow_id=shadow.pk)
    return shadow


@transaction.atomic
def stop_shadow(*, definition_id: int, now: datetime) -> bool:
    """Stop it; what it said stays to be read until the next one of the same draft. Whether it ran."""
    shadow = Shadow.objects.filter(definition=definition_id, is_running=True).first()
    return shadow is not None and _stop(shadow.pk, why="", now=now)


def _stop(shadow_id: int, *, why: str, now: datetime) -> bool:
    stopped = Shadow.objects.filter(pk=shadow_id, is_running=True)
    return bool(stopped.update(is_running=False, stopped_at=now, stopped_why=why[:200]))


@transaction.atomic
def stop_outdated(*, now: datetime) -> int:
    """Stop shadows whose draft was changed, activated or retired; nobody is judged by them already."""
    return sum(_stop(shadow_id, why=why, now=now) for shadow_id, why in list(shadows.outdated()))


@transaction.atomic
def walk(shadow_id: int, *, now: datetime) -> bool:
    """Judge the next stretch of everybody for the first time; whether there is more to do."""
    locks.hold(locks.SCORING, shared=True)
    shadow = (
        Shadow.objects.filter(pk=shadow_id, is_running=True, walked_at=None)
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .first()
    )
    current = shadows.running()
    if shadow is None or current is None or current.id != shadow.pk:
        return False
    end = shadow.walked_to + STRETCH
    if not judge(current, active_specs(), RANGE, [shadow.walked_to + 1, end], day_of(now), now=now):
        return False
    shadow.walked_to, shadow.touched_at = end, now
    if end >= shadow.last_contact:
        shadow.walked_at = now
    shadow.save(update_fields=["walked_to", "touched_at", "walked_at"])
    return shadow.walked_at is None


def judge(
    current: Running, active: Active, targets: Targets, numbers: Sequence[int], day: int, *, now: datetime
) -> bool:
    """Judge these contacts by the shadow, too, in the running transaction, which holds the scoring lock.

    Only those whom the draft would judge were it active; who has left its team is forgotten. What the draft says must
    never keep the active definition from judging: a statement that fails stops the shadow.
    """
    instant = f"'{now.isoformat()}'::timestamptz"
    whose = active.whose(current.spec.team_id)
    sql = _JUDGED.format(
        shadow=current.id,
        now=instant,
        is_first=f"x.contact_id BETWEEN {current.walked_to + 1} AND {current.last_contact}",
        select=filled(statement_of(current.spec).select(targets.only(whose)), numbers, day),
    )
    if whose:
        left = _LEFT.format(shadow=current.id, targets=targets.of("v.contact_id"), whose=whose)
        sql = f"{filled(left, numbers, day)};{sql}"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except (DataError, ProgrammingError) as error:
        _stop(current.id, why=f"It could not be worked out: {str(error).splitlines()[0]}", now=now)
        return False
    return True
