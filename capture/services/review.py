"""What becomes of submissions that did not count at once: confirmed by mail, released or sorted out by a person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from capture import signals
from capture.models import SpamRules, Submission, SubmissionStatus
from capture.services.acceptance import Accepted, accept
from core import locks
from core.errors import Refused
from leads import normalise
from leads.models import Consent
from leads.services import confirm_consent
from users.models import User

HELD = (SubmissionStatus.QUARANTINED, SubmissionStatus.AWAITING, SubmissionStatus.REJECTED)
MOST_AT_ONCE = 200
MAIL_PATIENCE = timedelta(minutes=5)  # then the worker that claimed a mail has died
FORGOTTEN_AFTER = timedelta(days=90)
# waits for the link in a mail: the whole of it, or only its boxes (the address had been suppressed)
TO_MAIL = Q(status=SubmissionStatus.AWAITING) | Q(status=SubmissionStatus.ACCEPTED, did__has_key="asked")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How many were taken in, and what could not be: sentences."""

    count: int
    failures: tuple[str, ...] = ()


@transaction.atomic
def confirm_submission(submission_id: int, *, now: datetime) -> Submission:
    """The button behind the link in the mail was pressed: the answers count, the boxes too. Twice is once."""
    held = locks.locked(Submission.objects.filter(pk=submission_id))
    if not held or not held[0].answers or held[0].status in (SubmissionStatus.QUARANTINED, SubmissionStatus.REJECTED):
        raise Refused("This link no longer works. Please fill in the form once more.")
    submission = held[0]
    if submission.status == SubmissionStatus.AWAITING:
        submission.status, submission.confirmed_at = SubmissionStatus.ACCEPTED, now
        submission.save(update_fields=["status", "confirmed_at"])
        accept(submission, now=now, is_confirmed=True)
    elif submission.confirmed_at is None:  # taken in by hand meanwhile, without its boxes
        submission.confirmed_at = now
        submission.save(update_fields=["confirmed_at"])
        waiting = Consent.objects.filter(contact=submission.contact_id, proof=f"submission:{submission.pk}")
        for row in waiting.filter(is_pending=True):
            confirm_consent(row.pk, now=now, source=f"{submission.form.event_source}, confirmed by mail")
    return submission


@transaction.atomic
def release(submission: Submission, *, by: User, now: datetime) -> Accepted | None:
    """Nothing is wrong with it: it becomes facts as of the instant when it came. None when somebody was quicker.

    A form with double opt-in still asks by mail first; what waits for that already is taken in without its boxes.
    """
    held = locks.locked(Submission.objects.filter(pk=submission.pk, status__in=HELD))
    if not held:
        return None
    submission = held[0]
    if not submission.answers:
        raise Refused("Its answers are gone: erased, or forgotten after 90 days.")
    was = submission.status
    submission.reviewed_at, submission.reviewed_by = now, by
    has_email = any(q.maps_to == "contact.email" and q.key in submission.answers for q in submission.version.asked)
    if submission.version.asks_confirmation and was != SubmissionStatus.AWAITING and has_email:
        submission.status = SubmissionStatus.AWAITING
        submission.save(update_fields=["status", "reviewed_at", "reviewed_by"])
        signals.confirmation_asked.send(sender=None, submission_id=submission.pk)
        return Accepted(is_new=False)
    submission.status = SubmissionStatus.ACCEPTED
    submission.save(update_fields=["status", "reviewed_at", "reviewed_by"])
    return accept(submission, now=now)


def release_all(submissions: Collection[Submission], *, by: User, now: datetime) -> Reviewed:
    """Each by itself: one that cannot be taken in does not hold up the others."""
    count, failures = 0, []
    for submission in sorted(submissions, key=lambda one: one.pk)[:MOST_AT_ONCE]:
        try:
            count += release(submission, by=by, now=now) is not None
        except Refused as refused:
            failures.append(f"No. {submission.pk}: {refused}")
    return Reviewed(count, tuple(failures))


def mark_spam(submissions: Collection[Submission], *, by: User, now: datetime) -> int:
    """They stay where they are, and count for nothing; how many there were."""
    held = Submission.objects.filter(
        pk__in=[one.pk for one in submissions], status__in=[SubmissionStatus.QUARANTINED, SubmissionStatus.AWAITING]
    )
    return held.update(status=SubmissionStatus.REJECTED, reviewed_at=now, reviewed_by=by)


def claim_mail(submission_id: int, *, now: datetime) -> Submission | None:
    """Whoever claims it sends the mail; none when it was sent, another worker is at it, or nothing has to be."""
    free = Q(mail_claimed_at=None) | Q(mail_claimed_at__lt=now - MAIL_PATIENCE)
    claimed = Submission.objects.filter(free & TO_MAIL, pk=submission_id, mailed_at=None).exclude(answers={})
    if not claimed.update(mail_claimed_at=now):
        return None
    return Submission.objects.select_related("form", "version").get(pk=submission_id)


def mail_sent(submission: Submission, *, now: datetime) -> None:
    """The mail server has taken it."""
    Submission.objects.filter(pk=submission.pk).update(mailed_at=now)


def give_mail_back(submission: Submission) -> None:
    """The mail could not leave: the sweep tries again."""
    Submission.objects.filter(pk=submission.pk, mailed_at=None).update(mail_claimed_at=None)


def forget_held(*, now: datetime) -> int:
    """What nobody confirmed, and what somebody called spam, loses its answers after 90 days; that it came stays."""
    old = Submission.objects.filter(
        status__in=[SubmissionStatus.AWAITING, SubmissionStatus.REJECTED], received_at__lt=now - FORGOTTEN_AFTER
    )
    return old.exclude(answers={}).update(answers={}, origin={}, visitor="", invited=None)


@transaction.atomic
def save_spam_rules(*, blocked_domains: Collection[str], blocks_disposable: bool, most_links: int) -> SpamRules:
    """What is suspicious from now on; what came before stays as it is."""
    domains = []
    for text in blocked_domains:
        domain = normalise.line(text).lower().removeprefix("@").removeprefix("www.").rstrip(".")
        if not domain:
            continue
        if "." not in domain or len(domain) > 253 or not all(c.isalnum() or c in ".-" for c in domain):
            raise Refused(blocked_domains=f"“{text[:60]}” is not a domain. Write one per line, such as example.com.")
        domains.append(domain)
    if len(domains) > 5000:
        raise Refused(blocked_domains="At most 5,000 domains.")
    rules = SpamRules.objects.select_for_update().first() or SpamRules()
    rules.blocked_domains = sorted(set(domains))
    rules.blocks_disposable, rules.most_links = blocks_disposable, most_links
    rules.save()
    return rules
