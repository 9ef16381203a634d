"""Work of `capture` behind the scenes."""

import logging
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage, send_mail
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from capture import nonces, services
from capture.models import Import, ImportStatus, Invitation, Submission
from capture.preferences import preferences_url, unsubscribe_headers
from capture.services import inviting
from capture.services.importing.running import PRESUMED_DEAD
from core.tasks import enqueue, task

log = logging.getLogger(__name__)

QUEUED_TOO_LONG = timedelta(seconds=30)
STRETCHES_A_TASK = 20


@task
def run_import(import_id: int) -> None:
    """Work off one import; a long one goes on in another task."""
    if services.run_import(import_id, now=timezone.now()):
        enqueue(run_import, import_id=import_id)


@task
def undo_import(import_id: int) -> None:
    """Take back what one import changed; a long one goes on in another task."""
    if services.run_undo(import_id, now=timezone.now()):
        enqueue(undo_import, import_id=import_id)


@task
def resume_imports() -> None:
    """The sweep: imports and undos whose task got lost or whose worker died. Whoever claims one first works it off."""
    now = timezone.now()
    waiting = Q(status=ImportStatus.QUEUED, touched_at__lt=now - QUEUED_TOO_LONG)
    dead = Q(status=ImportStatus.RUNNING, touched_at__lt=now - PRESUMED_DEAD)
    for import_id in Import.objects.filter(waiting | dead).order_by("pk").values_list("pk", flat=True):
        enqueue(run_import, import_id=import_id)
    lost = Q(claimed_by="", touched_at__lt=now - QUEUED_TOO_LONG) | Q(touched_at__lt=now - PRESUMED_DEAD)
    undone = Import.objects.filter(lost, status=ImportStatus.UNDOING).order_by("pk")
    for import_id in undone.values_list("pk", flat=True):
        enqueue(undo_import, import_id=import_id)


@task
def forget_uploads() -> None:
    """The sweep of what nobody needs any more: lists that were never imported, and what old undos would need."""
    services.forget_uploads(now=timezone.now())


@task
def mail_confirmation(submission_id: int) -> None:
    """The link of a double opt-in; when mail cannot leave, the sweep tries again."""
    now = timezone.now()
    submission = services.claim_mail(submission_id, now=now)
    if submission is None:
        return
    to = next((answer for question, answer in submission.said if question.maps_to == "contact.email"), "")
    token = nonces.confirmation_token(submission.pk, now=now)
    context = {
        "form": submission.form,
        "link": f"{settings.SITE_URL}{reverse('form_confirm', args=[token])}",
        "days": nonces.CONFIRMATION_DAYS,
        "said": submission.said,
    }
    try:
        subject = f"Please confirm: {submission.form.title}"
        send_mail(subject, render_to_string("capture/form_confirmation.txt", context), None, [to])
    except OSError:  # smtplib's errors are among them
        services.give_mail_back(submission)
        raise
    services.mail_sent(submission, now=timezone.now())


@task
def mail_missed_confirmations() -> None:
    """The sweep: mails whose task got lost or which could not leave."""
    due = Submission.objects.filter(services.TO_MAIL, mailed_at=None).exclude(answers={})
    for submission_id in due.order_by("pk").values_list("pk", flat=True)[:100]:
        enqueue(mail_confirmation, submission_id=submission_id)


@task
def mail_invitation(invitation_id: int) -> None:
    """The link to a form, for one contact; when mail cannot leave, the sweep tries again."""
    now = timezone.now()
    row = services.claim_invitation(invitation_id, now=now)
    if row is None:
        return
    token = nonces.personal_token(row.form.slug, row.contact_id, now=now)
    context = {
        "contact": row.contact,
        "form": row.form,
        "words": row.words,
        "link": f"{settings.SITE_URL}{reverse('form', args=[row.form.slug])}?for={token}",
        "days": nonces.PERSONAL_DAYS,
        "by": row.by,
        "preferences": preferences_url(row.contact_id),
    }
    mail = EmailMessage(
        row.form.title,
        render_to_string("capture/form_invitation.txt", context),
        None,
        [row.contact.email],
        reply_to=[row.by.email] if row.by else None,
        headers=unsubscribe_headers(row.contact_id),
    )
    try:
        mail.send()
    except (SMTPRecipientsRefused, ValueError) as refused:  # this address or text will not do tomorrow either
        log.warning("invitation %s was refused: %s", row.pk, refused)
        services.drop_invitation(row.pk, now=now)
        return
    except OSError:  # smtplib's errors are among them
        services.give_invitation_back(row.pk)
        raise
    services.invitation_sent(row.pk, now=timezone.now())


@task
def mail_missed_invitations() -> None:
    """The sweep: mails whose task got lost or which could not leave."""
    due = Invitation.objects.filter(inviting.TO_MAIL).order_by("pk").values_list("pk", flat=True)[:100]
    for invitation_id in due:
        enqueue(mail_invitation, invitation_id=invitation_id)


@task
def forget_submissions() -> None:
    """The sweep of answers that nobody confirmed or that are spam."""
    services.forget_held(now=timezone.now())


@task
def follow_same_people() -> None:
    """The sweep: identities of one person of whom one has become known, by a form or an import, and what was told."""
    services.follow_same_people()
    services.apply_waiting(now=timezone.now())


@task
def fill_field(field_id: int) -> None:
    """Fill a custom field with what programs said before it was made; a long one goes on in another task."""
    for _ in range(STRETCHES_A_TASK):
        if not services.continue_fill(field_id, now=timezone.now()):
            return
    enqueue(fill_field, field_id=field_id)


@task
def fill_fields() -> None:
    """The sweep: fields whose filling was never begun, was lost, or has to be looked at once more."""
    for field_id in services.fills_to_continue(now=timezone.now()):
        enqueue(fill_field, field_id=field_id)
