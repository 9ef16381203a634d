"""Calls, meetings, replies and notes: what colleagues log."""

from datetime import datetime
from random import Random

from crm.demo import words
from crm.demo.plan import Entry, Happening, Person

# kind of entry -> outcome, title, engagement it counts as, what was noted
LOGGED = {
    "call": ("connected", "Call: talked", "call_connected", words.CALLS),
    "meeting": ("held", "Meeting held", "meeting_held", words.MEETINGS),
    "reply": ("", "Reply received", "email_replied", words.REPLIES),
}
UNANSWERED = (("voicemail", "Call: left a message"), ("no_answer", "Call: no answer"))


def talk(rng: Random, person: Person, kind: str, at: datetime) -> None:
    """They talked to us: a line of the timeline that counts as a two-way engagement."""
    outcome, title, event_kind, texts = LOGGED[kind]
    happening = Happening(at, event_kind, "activity", {"outcome": outcome} if outcome else {})
    person.happenings.append(happening)
    person.entries.append(Entry(kind, at, title, rng.choice(texts), outcome, happening))


def try_to_call(rng: Random, person: Person, at: datetime) -> None:
    """Nobody picked up."""
    outcome, title = rng.choice(UNANSWERED)
    person.entries.append(Entry("call", at, title, "", outcome))


def note(rng: Random, person: Person, at: datetime) -> None:
    """Something to remember."""
    person.entries.append(Entry("note", at, "Note", rng.choice(words.NOTES)))
