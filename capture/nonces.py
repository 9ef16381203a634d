"""The signed number that a lead form carries: it makes a double click one event, and tells how long the form was open.

Lead forms are exempt from CSRF: a stranger has no session that somebody could ride on, and visitors who block cookies
must get through too. The signature shows that the page came from us, for this form, and when.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing

SALT = "capture.form"
LEAST_SECONDS = 1  # nobody fills in a form faster; a person who does is asked to press the button once more
MOST_SECONDS = 2 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Nonce:
    """What a genuine nonce says."""

    id: str
    age_seconds: int

    @property
    def is_too_quick(self) -> bool:
        return self.age_seconds < LEAST_SECONDS

    @property
    def is_too_old(self) -> bool:
        return self.age_seconds > MOST_SECONDS


def new_nonce(slug: str, *, now: datetime) -> str:
    """A fresh one for a page of the form."""
    return signing.dumps([slug, secrets.token_urlsafe(9), int(now.timestamp())], salt=SALT)


def read_nonce(text: str, slug: str, *, now: datetime) -> Nonce | None:
    """What it says; none when it is not ours or of another form."""
    try:
        made_for, number, made_at = signing.loads(text[:300], salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if made_for != slug:
        return None
    return Nonce(number, int(now.timestamp()) - made_at)


def message_id(nonce: Nonce, answers: dict[str, Any]) -> str:
    """The same page with the same answers is the same message; with changed answers it is a new one."""
    digest = hashlib.sha256(json.dumps(answers, sort_keys=True).encode("utf-8", "replace")).hexdigest()
    return f"{nonce.id}-{digest[:16]}"
