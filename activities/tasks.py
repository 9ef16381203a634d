"""Tell people what they should know."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone

from activities import queries, services
from activities.services import follow_ups
from core.tasks import enqueue, task

MOST = 500


@task
def notify_due() -> None:
    """Sweep: follow-ups that have come due and of which nobody was told."""
    while follow_ups.notify_of_due(now=timezone.now()) == follow_ups.BATCH:
        pass


@task
def notify_of_replies() -> None:
    """Sweep: contacts who talked to us, and whose owners do not know yet."""
    while services.notify_of_replies(now=timezone.now()):
        pass


@task
def mail_notices() -> None:
    """Sweep: people to whom a mail is due."""
    for user_id in queries.to_mail(now=timezone.now(), most=MOST):
        enqueue(mail_notices_to, user_id=user_id)


@task
def mail_notices_to(user_id: int) -> None:
    """One mail about all that is due to this person and was not seen; when it cannot leave, the sweep tries again."""
    found = services.claim_mail(user_id, now=timezone.now())
    if found is None:
        return
    user, rows = found
    with timezone.override(user.timezone):
        context = {"user": user, "rows": rows, "site_url": settings.SITE_URL}
        text = render_to_string("activities/notices.txt", context)
    subject = rows[0].text[:120] if len(rows) == 1 else f"{len(rows)} notifications from Winnow"
    send_mail(subject, text, None, [user.email])
    services.mailed(rows)
