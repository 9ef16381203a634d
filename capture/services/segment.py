"""Taking a request of a Segment client: who they are first, then what happened, in one statement for all events."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.db import OperationalError, transaction

from capture import segment
from capture.models import SiteNote
from capture.segment import Message, Type, Wrong
from capture.services.arriving import note_origins
from capture.services.collecting import is_for_browsers, note_heard
from capture.services.naming import OTHER, kind_for
from capture.services.same_person import Teller, alias, apart, keys_of
from capture.services.told import identify
from capture.services.told_companies import group
from capture.sites import KnownSite
from core.errors import Refused
from leads.human import Hints
from leads.queries.consent import objecting
from leads.services import NewEvent, record_events
from leads.services.events import check_event, clean_properties

log = logging.getLogger(__name__)
TRIES = 3
HAPPENED = frozenset({Type.TRACK, Type.PAGE, Type.SCREEN})


class Accepted(NamedTuple):
    """How many events were new, and what was not taken."""

    new: int
    refused: list[Wrong]


def accept(batch: segment.Batch, *, site: KnownSite, agent: str, now: datetime) -> Accepted:
    """Take what is good of the batch; the rest is named, by its place in the batch.

    Every message about a person is a transaction of its own and comes to the same when it is sent again, so that a
    request which died half-way can be repeated.
    """
    by, refused = Teller(site, now), list(batch.refused)
    asked = [(message.anonymous_id, message.at) for _, message in batch.messages]
    by.turns.read(asked)
    for index, message in batch.messages:
        try:
            _tell(message, by)
        except Refused as wrong:
            refused.append(_wrong(index, wrong))
    by.turns.read(asked)  # again those of devices at which somebody else was just named
    _join(batch, by)
    by.turns.read(asked)
    events: list[NewEvent] = []
    for index, message in batch.messages:
        if message.type not in HAPPENED:
            continue
        try:
            event = _event(message, by, agent=agent)
            check_event(event, now=now)
            clean_properties(event.properties)
        except Refused as wrong:
            refused.append(_wrong(index, wrong))
        else:
            events.append(event)
    new = _store(events, site=site, now=now)
    for wrong_one in refused:
        by.note(SiteNote.Topic.REFUSED, f"{wrong_one.field}: {wrong_one.why}")
    note_heard(site.id, now)
    return Accepted(new, sorted(refused, key=lambda wrong: wrong.index))


def _tell(message: Message, by: Teller) -> None:
    """What the message says about who they are."""
    traits = message.traits
    if message.type == Type.IDENTIFY:
        _again(partial(identify, message.user_id, message.anonymous_id, traits, at=message.at, by=by))
    elif message.type == Type.GROUP:
        _again(partial(group, message.group_id, message.user_id, message.anonymous_id, traits, at=message.at, by=by))
    elif message.type == Type.ALIAS:
        user_id = message.user_id or message.anonymous_id
        before = by.turns.visitor(message.previous_id or message.anonymous_id, message.at)
        _again(partial(alias, before, user_id, by=by))
    elif by.is_trusted and traits.get("email") and message.user_id:  # an event that says of whom it is
        _again(partial(identify, message.user_id, message.anonymous_id, traits, at=message.at, by=by))


def _again(tell: Callable[[], None]) -> None:
    """Once more when another request held the same people the other way round."""
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                tell()
        except OperationalError:
            if attempt == TRIES - 1 or transaction.get_connection().in_atomic_block:
                raise
        else:
            return


def _join(batch: segment.Batch, by: Teller) -> None:
    """An event that names a user and a device says that they are one person, as an identify without traits does."""
    named = {
        (message.user_id, by.turns.visitor(message.anonymous_id, message.at)): message
        for _, message in batch.messages
        if message.type in HAPPENED and message.user_id and message.anonymous_id
    }
    for pair in apart(named) if named else ():
        message = named[pair]
        _again(partial(identify, message.user_id, message.anonymous_id, {}, at=message.at, by=by))


def _event(message: Message, by: Teller, *, agent: str) -> NewEvent:
    site, properties = by.site, message.properties
    if message.type == Type.PAGE:
        kind = "page_view"
    elif message.type == Type.SCREEN:
        kind = "screen_viewed"
    else:
        kind = kind_for(message.name, site=site, now=by.now)
        if not site.is_server and not is_for_browsers(kind):
            raise Refused(event=f"“{message.name[:60]}” can only be said with a server's key.")
        if kind == OTHER:
            properties = {"name": message.name} | properties
    device = "" if message.user_id else by.turns.visitor(message.anonymous_id, message.at)
    seen = message.agent or ("" if site.is_server else agent)
    return NewEvent(
        kind=kind,
        identity=keys_of(message.user_id, device)[0],
        occurred_at=message.at,
        source=f"segment:{site.id}",
        message_id=message.id,
        properties=properties,
        hints=Hints(agent=seen) if seen else None,
    )


@transaction.atomic
def _store(events: Sequence[NewEvent], *, site: KnownSite, now: datetime) -> int:
    wanted = {event.identity for event in events}
    objected = objecting(wanted) if wanted else set()
    kept = [event for event in events if event.identity not in objected]
    if not kept:
        return 0
    recorded = record_events(kept, now=now)
    note_origins(kept, own_hosts=site.hosts)
    return len(recorded.ids)


def _wrong(index: int, refused: Refused) -> Wrong:
    name, why = next(iter(refused.fields.items()))
    return Wrong(index, name or "message", why)
