"""Who works here, and what they may do."""

import zoneinfo
from datetime import datetime, timedelta
from typing import Any

from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.forms import ValidationError

from core.errors import Refused
from core.locks import locked
from core.tasks import enqueue
from users import signals
from users.models import ResetRequest, Team, Token, User
from users.roles import ROLE_LABELS, Role

MOST_TOKENS = 20
INVITE_AGAIN_AFTER = timedelta(minutes=10)
RESET_FORGOTTEN_AFTER = timedelta(hours=12)  # a link that comes so late surprises


def one_line(value: str, longest: int, field: str, what: str) -> str:
    """Text on one line, without characters that the database or a terminal cannot take."""
    cleaned = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    if not cleaned:
        raise Refused(**{field: f"Give {what}."})
    if len(cleaned) > longest:
        raise Refused(**{field: f"At most {longest} characters; this has {len(cleaned):,}."})
    return cleaned


def _check_role(role: str) -> str:
    if role not in {known for known, _ in ROLE_LABELS}:
        raise Refused(role="Choose one of the roles.")
    return role


def _check_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Refused(email=f"“{email[:60]}” is not an e-mail address.") from None
    return email


@transaction.atomic
def invite(*, email: str, name: str, role: str, team: Team | None, now: datetime) -> User:
    """A new colleague, who chooses a password by the link in a mail."""
    email, name = _check_email(email), one_line(name, 120, "name", "a name")
    user = User(email=email, name=name, role=_check_role(role), team=team)
    user.set_unusable_password()
    user.invitation_due_at = now
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise Refused(email="Somebody with this address is here already. Change that person instead.") from None
    _queue_invitation(user)
    return user


def _queue_invitation(user: User) -> None:
    from users.tasks import mail_invitation

    enqueue(mail_invitation, user_id=user.pk)


@transaction.atomic
def send_invitation(user: User, *, now: datetime) -> None:
    """Mail the link once more, unless the person has chosen a password already or may not sign in."""
    if user.has_usable_password():
        raise Refused(f"{user} has a password already. “Forgot your password?” on the sign-in page sends a new link.")
    if not user.is_active:
        raise Refused(f"{user} is deactivated. Activate the person first.")
    User.objects.filter(pk=user.pk).update(invitation_due_at=now)
    _queue_invitation(user)


def claim_invitation(user_id: int, *, now: datetime) -> User | None:
    """Who is to be mailed an invitation now, for one caller alone; if it fails, it is due again in a while."""
    due = User.objects.filter(pk=user_id, is_active=True, invitation_due_at__lte=now)
    if not due.update(invitation_due_at=now + INVITE_AGAIN_AFTER):
        return None
    user = User.objects.select_related("team").get(pk=user_id)
    if user.has_usable_password():
        invitation_sent(user)
        return None
    return user


def invitation_sent(user: User) -> None:
    """The mail has gone out."""
    User.objects.filter(pk=user.pk).update(invitation_due_at=None)


@transaction.atomic
def ask_for_reset(email: str, *, now: datetime) -> None:
    """Queue a link to a new password. The same is written for an address that nobody has: what is asked tells nothing,
    and takes as long.
    """
    from users.tasks import mail_reset

    asked = ResetRequest.objects.create(email=email.strip().lower()[:254], asked_at=now, due_at=now)
    enqueue(mail_reset, request_id=asked.pk)


def claim_reset(request_id: int, *, now: datetime) -> User | None:
    """Who is to be mailed the link now, for one caller alone; nobody's request is forgotten.

    If the mail fails it is due again in a while.
    """
    due = ResetRequest.objects.filter(pk=request_id, due_at__lte=now)
    if not due.update(due_at=now + INVITE_AGAIN_AFTER):
        return None
    asked = ResetRequest.objects.get(pk=request_id)
    user = User.objects.get_queryset().filter(email=asked.email, is_active=True).first()
    if user is None or asked.asked_at < now - RESET_FORGOTTEN_AFTER:
        asked.delete()
        return None
    return user


def reset_sent(request_id: int) -> None:
    """The mail has gone out."""
    ResetRequest.objects.filter(pk=request_id).delete()


def _keep_an_admin(leaving: User) -> None:
    """Refuse to lose the last active administrator. Locks all of them, so that two cannot leave at once."""
    admins = locked(User.objects.get_queryset().filter(role=Role.ADMIN, is_active=True))
    if {admin.pk for admin in admins} <= {leaving.pk}:
        raise Refused(role=f"{leaving} is the only administrator. Make somebody else administrator first.")


@transaction.atomic
def change_person(user: User, *, name: str, role: str, team: Team | None) -> User:
    """Another name, role or team. Records stay with their owner and are then seen by the new team."""
    role, name = _check_role(role), one_line(name, 120, "name", "a name")
    if user.role == Role.ADMIN and role != Role.ADMIN and user.is_active:
        _keep_an_admin(user)
    before = User.objects.values_list("team_id", flat=True).get(pk=user.pk)
    user.name, user.role, user.team = name, role, team
    user.save(update_fields=["name", "role", "team"])
    if user.team_id != before:
        signals.team_changed.send(sender=None, user_id=user.pk)
    return user


@transaction.atomic
def deactivate(user: User, *, actor: User, now: datetime) -> bool:
    """The person can no longer sign in and the tokens stop; what is owned stays owned. False when it was so already."""
    if user.pk == actor.pk:
        raise Refused("You cannot deactivate yourself. Ask another administrator.")
    if user.role == Role.ADMIN:
        _keep_an_admin(user)
    if not User.objects.get_queryset().filter(pk=user.pk, is_active=True).update(is_active=False):
        return False
    Token.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    return True


def activate(user: User) -> bool:
    """The person can sign in again; false when that was so already."""
    return bool(User.objects.get_queryset().filter(pk=user.pk, is_active=False).update(is_active=True))


def add_team(*, name: str) -> Team:
    """People who share what they own."""
    name = one_line(name, 80, "name", "a name")
    try:
        with transaction.atomic():
            return Team.objects.create(name=name)
    except IntegrityError:
        raise Refused(name=f"There is a team called {name} already.") from None


def rename_team(team: Team, *, name: str) -> Team:
    """Another name for a team."""
    team.name = one_line(name, 80, "name", "a name")
    try:
        with transaction.atomic():
            team.save(update_fields=["name"])
    except IntegrityError:
        raise Refused(name=f"There is a team called {team.name} already.") from None
    return team


def change_profile(user: User, *, name: str, timezone: str) -> User:
    """What people set for themselves."""
    if timezone not in zoneinfo.available_timezones():
        raise Refused(timezone="Choose a time zone from the list, such as Europe/Berlin.")
    user.name, user.timezone = one_line(name, 120, "name", "your name"), timezone
    user.save(update_fields=["name", "timezone"])
    return user


@transaction.atomic
def issue_token(user: User, *, name: str) -> tuple[Token, str]:
    """A token and its key, which nobody can read again."""
    locked(User.objects.get_queryset().filter(pk=user.pk))
    if Token.objects.live().filter(user=user).count() >= MOST_TOKENS:
        raise Refused(f"You have {MOST_TOKENS} tokens. Revoke one that is no longer used.")
    return Token.issue(user=user, name=one_line(name, 80, "name", "a name that says where it is used"))


def revoke_token(token: Token, *, now: datetime) -> bool:
    """It stops working at once; false when it had stopped already."""
    return bool(Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now))


def zones() -> list[Any]:
    """Time zones to choose from: those with a place in their name."""
    places = {zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix"))}
    return [(zone, zone.replace("_", " ")) for zone in ["UTC", *sorted(places)]]
