"""Mail to colleagues."""

from smtplib import SMTPException

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from users.models import User


@shared_task(autoretry_for=(SMTPException, OSError), retry_backoff=True, retry_jitter=True, max_retries=8)
def mail_invitation(user_id: int) -> None:
    """The link by which somebody who was invited chooses a password."""
    user = User.objects.filter(pk=user_id, is_active=True).select_related("team").first()
    if user is None or user.has_usable_password():
        return
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    context = {
        "user": user,
        "site_url": settings.SITE_URL,
        "link": settings.SITE_URL + path,
        "days": settings.PASSWORD_RESET_TIMEOUT // 86400,
    }
    send_mail("You have been invited to Winnow", render_to_string("users/invitation.txt", context), None, [user.email])
