"""A form is sent to one contact by mail; a worker sends it, and whether we may is asked again at that moment."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from activities.models import Activity, ActivityKind
from activities.services import add_entry
from capture import signals
from capture.models import Form, Invitation
from capture.services.review import MAIL_PATIENCE
from core.errors import Refused
from core.locks import locked
from leads import normalise
from leads.models import Contact, Purpose, Standing
from leads.queries.consent import may
from users.models import User

LONGEST_WORDS = 600
AGAIN_AFTER = timedelta(hours=20)
TRIED_FOR = timedelta(days=3)
TO_MAIL = Q(mailed_at=None, dropped_at=None)


def sendable() -> list[Form]:
    """The forms that can be sent, surveys first."""
    return list(Form.objects.filter(is_open=True, published__isnull=False).order_by("-is_by_invitation", "title", "pk"))


@transaction.atomic
def send_form(*, form_id: int, contact: Contact, by: User, now: datetime, words: str = "") -> Invitation:
    """Mail the contact a link of their own; a line of the timeline says so. The same form is not sent twice a day."""
    locked(Standing.objects.filter(pk=contact.pk).only("pk"))  # of a double click the second finds the first
    words = normalise.text(words).strip()
    form = Form.objects.filter(pk=form_id, is_open=True, published__isnull=False).first()
    if form is None:
        raise Refused(survey="This form is closed. Choose another one.")
    if len(words) > LONGEST_WORDS:
        raise Refused(words=f"At most {LONGEST_WORDS} characters; this has {len(words):,}.")
    if not contact.email:
        raise Refused("We do not know an e-mail address of theirs.")
    if not may(contact, Purpose.MARKETING):
        raise Refused("They have not agreed to such mail, or took it back. Ask them on the phone.")
    earlier = Invitation.objects.filter(form=form, contact=contact, at__gt=now - AGAIN_AFTER, dropped_at=None).first()
    if earlier is not None:
        raise Refused(survey=f"“{form.title}” was sent to them less than a day ago.")
    invitation = Invitation.objects.create(form=form, contact=contact, words=words, by=by, at=now)
    add_entry(
        contact_id=contact.pk,
        kind=ActivityKind.MAIL,
        title=f"“{form.title}” sent by {by}",
        body=words,
        at=now,
        actor=by,
    )
    signals.invitation_made.send(sender=None, invitation_id=invitation.pk)
    return invitation


@transaction.atomic
def take_back_invitation(invitation_id: int) -> bool:
    """It is not sent after all; false when the mail has left, or is just leaving."""
    row = Invitation.objects.select_related("form").filter(TO_MAIL, pk=invitation_id, mail_claimed_at=None).first()
    if row is None or not Invitation.objects.filter(TO_MAIL, pk=row.pk, mail_claimed_at=None).delete()[0]:
        return False
    entries = Activity.objects.filter(contact=row.contact_id, kind=ActivityKind.MAIL, at=row.at, actor=row.by_id)
    entries.filter(title__startswith=f"“{row.form.title}”").delete()
    return True


def claim_invitation(invitation_id: int, *, now: datetime) -> Invitation | None:
    """Whoever claims it sends the mail; none when it was sent, another worker is at it, or it is no longer allowed."""
    free = Q(mail_claimed_at=None) | Q(mail_claimed_at__lt=now - MAIL_PATIENCE)
    if not Invitation.objects.filter(free & TO_MAIL, pk=invitation_id).update(mail_claimed_at=now):
        return None
    row = Invitation.objects.select_related("form__published", "contact__standing", "by").get(pk=invitation_id)
    is_wanted = row.contact.email and not row.contact.standing.is_erased and may(row.contact, Purpose.MARKETING)
    if row.form.is_open and row.form.published and is_wanted and row.at > now - TRIED_FOR:
        return row
    drop_invitation(row.pk, now=now)
    return None


def drop_invitation(invitation_id: int, *, now: datetime) -> None:
    """It is not sent any more."""
    Invitation.objects.filter(pk=invitation_id, mailed_at=None).update(dropped_at=now)


def invitation_sent(invitation_id: int, *, now: datetime) -> None:
    """The mail server has taken it."""
    Invitation.objects.filter(pk=invitation_id).update(mailed_at=now)


def give_invitation_back(invitation_id: int) -> None:
    """The mail could not leave: the sweep tries again."""
    Invitation.objects.filter(pk=invitation_id, mailed_at=None).update(mail_claimed_at=None)
