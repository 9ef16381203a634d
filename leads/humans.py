"""The rule by which events count as people's, and ids of user agents, remembered for a short time in each process."""

import time
from collections.abc import Iterable
from functools import partial

from django.db import connection, transaction

from leads.human import Judged, Rule, judge
from leads.models import HumanRule

_REMEMBER_SECONDS = 10.0
_MOST = 20_000  # agents in memory; anybody may invent more

_rule = Rule()
_read_at = -_REMEMBER_SECONDS
_ids: dict[str, int] = {}
_judged: dict[tuple[str, frozenset[str]], Judged] = {}


def known_rule() -> Rule:
    """The rule; at most some seconds old."""
    global _rule, _read_at
    if time.monotonic() - _read_at > _REMEMBER_SECONDS:
        row = HumanRule.objects.filter(pk=1).first()
        rule = Rule(row.line, tuple(row.machines), tuple(row.people)) if row else Rule()
        if rule != _rule:
            _judged.clear()
        _rule, _read_at = rule, time.monotonic()
    return _rule


def judged(agent: str, signs: frozenset[str]) -> Judged:
    """The judgement by the known rule."""
    rule = known_rule()
    found = _judged.get((agent, signs))
    if found is None:
        if len(_judged) > _MOST:
            _judged.clear()
        found = _judged[agent, signs] = judge(agent, signs, rule)
    return found


def agent_ids(agents: Iterable[str]) -> dict[str, int]:
    """Ids of user agents, made where they are new; none for the empty one."""
    wanted = {agent for agent in agents if agent}
    missing = sorted(wanted - _ids.keys())
    found = {agent: _ids[agent] for agent in wanted if agent in _ids}
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO leads_useragent (text) SELECT t FROM unnest(%s::text[]) t "
                "WHERE NOT EXISTS (SELECT FROM leads_useragent WHERE text = t) ON CONFLICT DO NOTHING",
                [missing],
            )
            cursor.execute("SELECT text, id FROM leads_useragent WHERE text = ANY (%s)", [missing])
            new = dict(cursor.fetchall())
        found |= new
        transaction.on_commit(partial(_remember, new))  # a rolled-back id would be nobody's
    return found


def _remember(new: dict[str, int]) -> None:
    if len(_ids) > _MOST:
        _ids.clear()
    _ids.update(new)


def forget() -> None:
    """Read everything afresh at the next use (after it was changed, and between tests)."""
    global _read_at
    _read_at = -_REMEMBER_SECONDS
    _ids.clear()
    _judged.clear()
