"""How rows and work are locked, said once.

Order of row locks: Contact -> Standing -> Stage -> Opportunity, each `order_by("pk")`.
"""

from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)

SCORING = 0x57494E  # one number per kind of work that is locked as a whole


def locked(rows: "QuerySet[Row]") -> list[Row]:
    """The rows, locked until the transaction ends, in key order, without their relations.

    FOR NO KEY UPDATE: a foreign-key check elsewhere takes KEY SHARE on the same row and must not wait, or two people
    whose rows point at each other's stages block each other for ever.
    """
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))


def hold(work: int, *, shared: bool = False) -> None:
    """Wait for and hold `work` until the transaction ends; must be the transaction's first statement.

    `shared` holders run beside each other, an exclusive one runs alone.
    """
    suffix = "_shared" if shared else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT set_config('lock_timeout', '60s', true), pg_advisory_xact_lock{suffix}(%s)", [work])


def hold_if_free(work: int) -> bool:
    """The same without waiting, alone: false where somebody else holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [work])
        return bool(cursor.fetchone()[0])
