"""The evaluator as of a past day, with what was known then: nothing that was received, created or decided later."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from leads.days import date_of
from leads.models import Standing
from scoring.definitions import Spec
from scoring.statement import IDS, Statement, Targets


def end_of(day: int) -> datetime:
    """The instant at which a day is over (UTC)."""
    date = date_of(day)
    return datetime(date.year, date.month, date.day, tzinfo=UTC) + timedelta(days=1)


@dataclass(frozen=True)
class ReceivedBy(Targets):
    """Everybody; of their events those that had arrived, of their answers those that we had heard."""

    until: str = ""

    def of(self, column: str) -> str:
        heard = {
            "e.contact_id": f" AND e.received_at < '{self.until}'",
            "v.contact_id": f" AND (v.recorded_at IS NULL OR v.recorded_at < '{self.until}')",
        }
        return super().of(column) + heard.get(column, "")


class PastStatement(Statement):
    """Whoever was there on a day, in the lifecycle of that day. Their own data (fit) is what we know today."""

    def __init__(self, spec: Spec, literal: Any, day: int) -> None:
        super().__init__(spec, literal)
        self.day = day
        self.until = end_of(day).isoformat()

    def everybody(self, whose: str = "") -> str:
        """One row per contact, as `Statement.select`; `whose` says whose they must be (Active.whose), as of today."""
        return self.select(ReceivedBy("true", whose=whose, until=self.until), day=str(self.day))

    def some(self, whose: str = "") -> str:
        """The same with lines, for the contacts of $1."""
        targets = ReceivedBy(IDS.predicate, is_narrow=True, whose=whose, until=self.until)
        return self.select(targets, with_lines=True, day=str(self.day))

    def _part(self, table: str, key: str, targets: Targets) -> str:  # type: ignore[override]
        if table != Standing._meta.db_table:
            return super()._part(table, key, targets)
        then = {"lifecycle": "coalesce(l.to_stage, 'lead')", "last_day": "NULL::int", "two_way_day": "NULL::int"}
        whom = targets.predicate.format(column="contact_id")
        names = [str(field.column) for field in Standing._meta.concrete_fields]
        columns = ", ".join(f"{then.get(name, 't.' + name)} AS {name}" for name in names)
        return f"""
    SELECT {columns} FROM leads_standing t
    JOIN leads_contact had ON had.id = t.contact_id AND had.created_at < '{self.until}'
    LEFT JOIN (
      SELECT DISTINCT ON (contact_id) contact_id, to_stage FROM leads_lifecyclechange
      WHERE at < '{self.until}' AND {whom} ORDER BY contact_id, at DESC, id DESC) l ON l.contact_id = t.contact_id
    WHERE {targets.of("t.contact_id")}
    OFFSET 0"""
