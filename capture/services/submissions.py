"""Somebody filled in a form."""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from capture import signals, suspicion
from capture.answering import by_target, clean
from capture.models import FormVersion, SpamRules, Submission, SubmissionStatus
from capture.questions import Question
from capture.services.acceptance import accept
from core import locks
from core.prepared import Prepared, columns, record
from leads import humans, normalise
from leads.human import Hints
from leads.models import Contact

ORIGIN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "referrer", "page")
VISITOR = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NAMES = ("first_name", "last_name", "job_title")
_EARLIER = Prepared(  # these two are asked for each form that comes in
    "submission_earlier",
    ("bigint", "text"),
    f"SELECT {columns(Submission, 's')} FROM capture_submission s WHERE s.form_id = %s AND s.message_id = %s",  # noqa: S608
)
_RULES = Prepared("spam_rules", (), f"SELECT {columns(SpamRules, 'r')} FROM capture_spamrules r ORDER BY r.id LIMIT 1")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came of it. `new_visitor` is an id to go on with when the device's visitor is somebody else."""

    submission: Submission
    is_repeat: bool = False
    is_new: bool = False
    new_visitor: str = ""

    @property
    def contact_id(self) -> int | None:
        return self.submission.contact_id

    @property
    def awaits_confirmation(self) -> bool:
        return self.submission.status == SubmissionStatus.AWAITING


@transaction.atomic
def submit_form(
    version: FormVersion,
    *,
    answers: Mapping[str, Any],
    message_id: str,
    now: datetime,
    consents: Collection[str] = (),
    visitor: str = "",
    origin: Mapping[str, str] | None = None,
    invited: Contact | None = None,
    is_trapped: bool = False,
    is_too_quick: bool = False,
    hints: Hints | None = None,
) -> Submitted:
    """Keep the answers; and unless they are suspicious or wait for a mail, let them become facts at once.

    The same message twice, also at the same moment, is one submission. Raises Refused naming the question.
    """
    form = version.form
    # a double click without an e-mail address would otherwise make two people: only the submission is unique by itself
    locks.hold(int.from_bytes(hashlib.sha256(f"{form.event_source}|{message_id}".encode()).digest()[:7], "big"))
    if earlier := _EARLIER.rows([form.pk, message_id]):
        return Submitted(record(Submission, earlier[0]), is_repeat=True)
    questions = asked_of(version, invited)
    given = clean(questions, answers)
    is_by_machine = hints is not None and humans.judged(hints.agent, hints.signs).is_quarantined
    reasons = _reasons(questions, given, is_trapped=is_trapped, is_too_quick=is_too_quick, is_by_machine=is_by_machine)
    email = by_target(questions, given, "contact.").get("email", "")
    status = SubmissionStatus.ACCEPTED
    if reasons:
        status = SubmissionStatus.QUARANTINED
    elif version.asks_confirmation and email:
        status = SubmissionStatus.AWAITING
    offered = {box["purpose"] for box in version.consents}
    submission = Submission.objects.create(
        form=form,
        version=version,
        message_id=message_id,
        status=status,
        reasons=reasons,
        answers=given,
        consents=sorted(offered & set(consents)),
        origin=_origin(origin or {}),
        visitor=visitor if VISITOR.fullmatch(visitor) else "",
        received_at=now,
        invited=invited,
    )
    if status == SubmissionStatus.AWAITING:
        signals.confirmation_asked.send(sender=None, submission_id=submission.pk)
    if status != SubmissionStatus.ACCEPTED:
        return Submitted(submission)
    done = accept(submission, now=now, hints=hints)
    return Submitted(submission, is_new=done.is_new, new_visitor=done.new_visitor)


def asked_of(version: FormVersion, invited: Contact | None) -> list[Question]:
    """The questions; whoever comes by a personal link is not asked for the address we have."""
    known = {"contact.email"} if invited is not None and invited.email else set()
    return [question for question in version.asked if question.maps_to not in known]


def _reasons(questions: list[Question], given: dict[str, Any], **seen: bool) -> list[str]:
    kept = _RULES.rows([])
    rules = record(SpamRules, kept[0]) if kept else SpamRules()
    contact = by_target(questions, given, "contact.")
    return suspicion.reasons(
        email=contact.get("email", ""),
        names=[str(contact[name]) for name in _NAMES if name in contact],
        texts=[str(answer) for answer in given.values()],
        blocked_domains=frozenset(rules.blocked_domains),
        blocks_disposable=rules.blocks_disposable,
        most_links=rules.most_links,
        **seen,
    )


def _origin(given: Mapping[str, str]) -> dict[str, str]:
    cleaned = {name: normalise.line(given.get(name, ""))[:300] for name in ORIGIN}
    return {name: value for name, value in cleaned.items() if value}
