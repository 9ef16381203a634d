"""What strangers carry for us, signed: the number of an open form, a personal link, the link of a confirmation.

Lead forms are exempt from CSRF: a stranger has no session that somebody could ride on, and visitors who block cookies
must get through too. The number makes a double click one submission, tells how long the form was open, and which
version was on the screen: what was asked is what is checked, also when the form was changed meanwhile.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core import signing

FORM, PLAIN, PERSONAL, CONFIRMATION = "capture.form", "capture.plain", "capture.personal", "capture.confirmation"
LEAST_MILLISECONDS = 1000  # nobody fills in a form faster
MOST_MILLISECONDS = 2 * 24 * 3600 * 1000
PERSONAL_DAYS, CONFIRMATION_DAYS = 60, 7
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Nonce:
    """What a genuine number says."""

    id: str
    version: int
    age: int  # milliseconds

    @property
    def is_too_quick(self) -> bool:
        return self.age < LEAST_MILLISECONDS

    @property
    def is_too_old(self) -> bool:
        return self.age > MOST_MILLISECONDS


def _milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1000)


def _loads(text: str, salt: str, count: int) -> list[Any] | None:
    """What we signed; none when it is not ours."""
    try:
        value = signing.loads(text[:LONGEST], salt=salt)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return value if isinstance(value, list) and len(value) == count else None


def new_nonce(slug: str, *, version: int, now: datetime) -> str:
    """A fresh number for a page of the form."""
    return signing.dumps([slug, secrets.token_urlsafe(9), version, _milliseconds(now)], salt=FORM)


def read_nonce(text: str, slug: str, *, now: datetime) -> Nonce | None:
    """What it says; none when it is not ours or of another form."""
    said = _loads(text, FORM, 4)
    if said is None or said[0] != slug:
        return None
    return Nonce(said[1], said[2], _milliseconds(now) - said[3])


def message_id(nonce: Nonce, answers: dict[str, Any]) -> str:
    """The same page with the same answers is the same message; with changed answers it is a new one."""
    return f"{nonce.id}-{_digest(answers)}"


def plain_message_id(answers: dict[str, Any], *, now: datetime) -> str:
    """For a form without a number (plain HTML on another site): the same answers on the same day are one message."""
    return f"p{now:%y%m%d}-{_digest(answers)}"


def _digest(answers: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode("utf-8", "replace")).hexdigest()[:16]


def plain_pass(slug: str, *, version: int) -> str:
    """What a plain HTML form on another site carries, for as long as its page is not changed."""
    return signing.dumps([slug, version], salt=PLAIN)


def read_plain_pass(text: str, slug: str) -> int | None:
    """The version that a plain HTML form was made of."""
    said = _loads(text, PLAIN, 2)
    return said[1] if said is not None and said[0] == slug else None


def personal_token(slug: str, contact_id: int, *, now: datetime) -> str:
    """Opens the form for one contact, for PERSONAL_DAYS."""
    return signing.dumps([slug, contact_id, int(now.timestamp())], salt=PERSONAL)


def read_personal_token(text: str, slug: str, *, now: datetime) -> int | None:
    """Whose personal link it is; none when it is not ours, of another form, or too old."""
    said = _loads(text, PERSONAL, 3)
    if said is None or said[0] != slug or now.timestamp() - said[2] > timedelta(days=PERSONAL_DAYS).total_seconds():
        return None
    return int(said[1])


def confirmation_token(submission_id: int, *, now: datetime) -> str:
    """Confirms one submission, for CONFIRMATION_DAYS."""
    return signing.dumps([submission_id, int(now.timestamp())], salt=CONFIRMATION)


def read_confirmation_token(text: str, *, now: datetime) -> int | None:
    """Which submission it confirms; none when it is not ours or too old."""
    said = _loads(text, CONFIRMATION, 2)
    if said is None or now.timestamp() - said[1] > timedelta(days=CONFIRMATION_DAYS).total_seconds():
        return None
    return int(said[0])
