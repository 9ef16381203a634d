"""The funnel is kept up to date: whom something happened to is read again, and their months are counted anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse

from activities.services import notify
from core.locks import hold, hold_if_free
from leads.models import Contact
from pipeline.models import ExchangeRate, Opportunity, StageKind
from pipeline.queries.currencies import reporting_currency
from reports.models import FunnelCell, Journey, Rollup
from reports.queries.facts import FACTS, MARKS, TOUCHED
from reports.queries.proof import ANEW, FIRST, PROOF, ROLLUP
from reports.services.cells import all_months, recount
from reports.services.journeys import bring, main_currency
from users.models import User
from users.roles import Role

FUNNEL = 0x46554E  # core.locks: this work is done by one at a time
RANGE = 20_000  # contacts that one statement reads
# What no new row tells (somebody deleted, a source corrected, events judged to be a machine's) is found by looking at
# a stretch of all contacts in each run, twice a minute, so that it heals within the hour.
LEAST_STRETCH = 2_000
RUNS_AN_HOUR = 100
LATE = timedelta(minutes=10)  # how long a transaction may take that changes a row without making one


@dataclass(frozen=True, slots=True)
class Marks:
    """The newest ids that one snapshot sees, and which transactions it does not see the end of."""

    ids: dict[str, int]
    oldest_running: int
    next_transaction: int


@dataclass(frozen=True, slots=True)
class Proof:
    """How many people were held against the facts, how many of them stood wrong, and how many sums."""

    people: int
    wrong: int
    cells: int


def _marks() -> Marks:
    with connection.cursor() as cursor:
        cursor.execute(MARKS)
        oldest, following, *ids = cursor.fetchone()
    return Marks(dict(zip(FACTS, ids, strict=True)), oldest, following)


def advanced(cursor: dict[str, Any], marks: Marks) -> dict[str, Any]:
    """The cursor after a run that saw `marks`.

    Ids are drawn before their transaction commits: a row with a smaller id than one already seen may appear later. So
    "after the greatest id" would lose it. A mark becomes `safe`, the place to read on from, only when every
    transaction that was running when it was taken has ended; until then rows behind it are simply read again. The
    limit is taken one run after the mark, because a row may draw its id a moment before its transaction gets a number.
    """
    safe, waiting = cursor.get("safe", dict.fromkeys(FACTS, 0)), cursor.get("waiting")
    if waiting is None:
        waiting = {"ids": marks.ids, "until": None}
    elif waiting["until"] is None:
        waiting = waiting | {"until": marks.next_transaction}
    elif marks.oldest_running >= waiting["until"]:
        safe, waiting = waiting["ids"], {"ids": marks.ids, "until": None}
    return cursor | {"safe": safe, "waiting": waiting}


def refresh_funnel(*, now: datetime, everything: bool = False, joins_in: bool = True) -> list[date]:
    """Read again whom something may have happened to since the last run; returns the months that were recounted.

    The first time, and with `everything`, all are read, and after another reporting currency whoever has bought: range
    by range, each in a transaction of its own, by whoever comes, and after a crash from where it stood. Without
    `joins_in` somebody who is at that already is left alone.
    """
    if everything:
        Rollup.objects.filter(name=ROLLUP).delete()
    waits = joins_in or Rollup.objects.filter(name=ROLLUP).exists()
    months: set[date] = set()
    while _run(months, now=now, waits=waits):
        pass
    return sorted(months)


@transaction.atomic
def _run(months: set[date], *, now: datetime, waits: bool = True) -> bool:
    """Adds the months that it recounts; true: not all have been read yet."""
    if waits:
        hold(FUNNEL)
    elif not hold_if_free(FUNNEL):
        return False
    rollup = Rollup.objects.filter(name=ROLLUP).first()
    return _first(months, now=now) if rollup is None else _refresh(rollup, months, now=now)


def _worth(upto: int) -> str:
    """What the worth of won deals hangs on beside new rates: the currencies, and how many rates there are up to one."""
    return f"{reporting_currency()}/{main_currency()}/{ExchangeRate.objects.filter(pk__lte=upto).count()}"


def _worths() -> dict[str, Any]:
    """Of the rates until now, for the cursor."""
    newest = ExchangeRate.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return {"rate": newest, "worth": _worth(newest)}


def _first(months: set[date], *, now: datetime) -> bool:
    """Read the next range of all; after the last one count every month."""
    begun, _ = Rollup.objects.get_or_create(
        name=FIRST,  # the marks are taken before the facts are read: what commits meanwhile is read again afterwards
        defaults={"at": now, "cursor": {"safe": _marks().ids, "next": 0} | _worths()},
    )
    start = begun.cursor["next"]
    bring(range(start, start + RANGE))
    if start + RANGE <= _last():
        begun.cursor["next"] = start + RANGE
        begun.save()
        return True
    months.update(all_months())
    recount(months)
    del begun.cursor["next"]
    # whatever was running when it began is found by the stretches
    Rollup.objects.create(name=ROLLUP, at=begun.at, cursor=begun.cursor)
    begun.delete()
    return False


def _refresh(rollup: Rollup, months: set[date], *, now: datetime) -> bool:
    cursor: dict[str, Any] = rollup.cursor
    worths = _worths()  # before it is compared, as the marks
    marks = _marks()  # before the facts are read: what commits in between is read again next time
    moved = {month for of in bring(_touched(cursor["safe"], since=rollup.at - LATE)).values() for month in of}
    if cursor.get("worth") != _worth(cursor.get("rate", 0)):  # all that was won may be worth another sum
        cursor = cursor | {ANEW: {"after": 0, "done": 0, "of": bought().count()}}
    moved.update(*bring(_next_bought(cursor)).values())
    stretch, cursor = _stretch(cursor)
    moved.update(*bring(stretch).values())
    recount(moved)
    months |= moved
    rollup.cursor, rollup.at = advanced(cursor | worths, marks), now
    rollup.save()
    return ANEW in cursor


def _next_bought(cursor: dict[str, Any]) -> list[int]:
    """The next of those whose deals are counted in another currency or by other rates, as the cursor says."""
    if (at := cursor.pop(ANEW, None)) is None:
        return []
    some = list(bought().filter(contact__gt=at["after"]).order_by("contact")[:RANGE])
    if len(some) == RANGE:
        cursor[ANEW] = at | {"after": some[-1], "done": at["done"] + RANGE}
    return some


def bought() -> "QuerySet[Opportunity, int]":
    """The ids of contacts with a won deal."""
    won = Opportunity.objects.filter(stage__kind=StageKind.WON).order_by()
    return won.values_list("contact", flat=True).distinct()


def _touched(safe: dict[str, int], *, since: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED, safe | {"since": since})
        return [row[0] for row in cursor.fetchall()]


def _last() -> int:
    newest = [
        Contact.objects.order_by("-pk").values_list("pk", flat=True).first(),
        Journey.objects.order_by("-pk").values_list("pk", flat=True).first(),
    ]
    return max(one or 0 for one in newest)


def _ranges() -> Iterator[range]:
    """All contacts, those who are no more among them."""
    for start in range(0, _last() + 1, RANGE):
        yield range(start, start + RANGE)


def _stretch(cursor: dict[str, Any]) -> tuple[range, dict[str, Any]]:
    """The next contacts to look at for what no new row tells."""
    last = _last()
    start = cursor.get("swept", 0)
    start = start if start <= last else 0
    end = start + max(LEAST_STRETCH, last // RUNS_AN_HOUR + 1)
    return range(start, end), cursor | {"swept": end}


def prove_funnel(*, now: datetime) -> Proof:
    """Hold everything that is kept against the facts, correct what differs, and say so: on the page, and to admins.

    People by ranges, with the months in which any stood wrong, and the other months' sums one by one: each in a
    transaction of its own, so that nobody waits for all of it.
    """
    refresh_funnel(now=now)
    safe = Rollup.objects.get(name=ROLLUP).cursor["safe"]
    changed: dict[int, set[date]] = {}
    for some in _ranges():
        with transaction.atomic():
            hold(FUNNEL)
            found = bring(some)
            recount({month for months in found.values() for month in months})
            changed |= found
    moved = {month for months in changed.values() for month in months}
    cells = sum(_recounted(month) for month in sorted({*all_months()} - moved))
    return _proved(changed, safe, cells, now=now)


@transaction.atomic
def _recounted(month: date) -> int:
    """How many of the month's sums were wrong."""
    hold(FUNNEL)
    before = _cells(month)
    recount([month])
    after = _cells(month)
    return sum(before.get(key) != after.get(key) for key in {*before, *after})


@transaction.atomic
def _proved(changed: dict[int, set[date]], safe: dict[str, int], cells: int, *, now: datetime) -> Proof:
    fresh = set(_touched(safe, since=now - LATE)) if changed else set()  # what came while we looked is no mistake
    proof = Proof(people=Journey.objects.count(), wrong=len(set(changed) - fresh), cells=cells)
    said = {"people": proof.people, "wrong": proof.wrong, "cells": proof.cells}
    Rollup.objects.update_or_create(name=PROOF, defaults={"cursor": said, "at": now})
    if proof.wrong or proof.cells:
        admins = User.objects.filter(role=Role.ADMIN, is_active=True).values_list("pk", flat=True)
        text = f"The funnel differed from the facts for {proof.wrong:,} people and {proof.cells:,} sums. Corrected."
        notify(user_ids=admins, key=f"funnel-proof:{now:%Y-%m-%d}", text=text, url=reverse("funnel"), now=now)
    return proof


def _cells(month: date) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    names = [field.attname for field in FunnelCell._meta.concrete_fields if field.attname not in ("id", "month")]
    return {row[:2]: row[2:] for row in FunnelCell.objects.filter(month=month).values_list(*names)}
