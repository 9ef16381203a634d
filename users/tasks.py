"""Mail to colleagues."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from core.tasks import enqueue, task
from users import services
from users.models import ResetRequest, User


@task
def mail_invitation(user_id: int) -> None:
    """The link by which somebody invited chooses a password; when mail cannot leave, the sweep tries again."""
    user = services.claim_invitation(user_id, now=timezone.now())
    if user is not None:
        _mail_link(user, "You have been invited to Winnow", "users/invitation.txt")
        services.invitation_sent(user)


@task
def mail_reset(request_id: int) -> None:
    """The link to a new password, when somebody has the address; when mail cannot leave, the sweep tries again."""
    user = services.claim_reset(request_id, now=timezone.now())
    if user is not None:
        _mail_link(user, "A new password for Winnow", "users/password_reset.txt")
        services.reset_sent(request_id)


def _mail_link(user: User, subject: str, template: str) -> None:
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    context = {
        "user": user,
        "site_url": settings.SITE_URL,
        "link": settings.SITE_URL + path,
        "days": settings.PASSWORD_RESET_TIMEOUT // 86400,
    }
    send_mail(subject, render_to_string(template, context), None, [user.email])


@task
def mail_missed_invitations() -> None:
    """Sweep: invitations whose task got lost or whose mail could not be sent."""
    due = User.objects.get_queryset().filter(is_active=True, invitation_due_at__lte=timezone.now())
    for user_id in due.order_by("pk").values_list("pk", flat=True)[:100]:
        enqueue(mail_invitation, user_id=user_id)


@task
def mail_missed_resets() -> None:
    """Sweep: links to a new password whose task got lost or whose mail could not be sent."""
    due = ResetRequest.objects.filter(due_at__lte=timezone.now())
    for request_id in due.order_by("pk").values_list("pk", flat=True)[:100]:
        enqueue(mail_reset, request_id=request_id)
