"""Personal links: a form for one contact, who is not asked who they are."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from capture import nonces, services
from capture.preferences import preferences_url
from core.answers import done, wants_part, went_wrong
from core.errors import Refused
from leads.models import Contact, Purpose
from leads.queries import known_as
from leads.queries.consent import may
from users.access import SignedInRequest, requires
from users.roles import Can


@requires(Can.EDIT_LEADS)
@require_safe
def links(request: SignedInRequest, pk: int) -> HttpResponse:
    """The page of their choices, and the open forms, each by a link that belongs to this contact; surveys first."""
    contact = get_object_or_404(known_as(Contact.objects.visible_to(request.user), pk))
    now = timezone.now()
    rows = [
        {
            "form": form,
            "link": f"{settings.SITE_URL}{reverse('form', args=[form.slug])}"
            f"?for={nonces.personal_token(form.slug, contact.pk, now=now)}",
        }
        for form in services.sendable()
    ]
    context = {
        "contact": contact,
        "rows": rows,
        "days": nonces.PERSONAL_DAYS,
        "preferences": preferences_url(contact.pk),
        "may_mail": bool(contact.email) and may(contact, Purpose.MARKETING),
    }
    part = "#dialog" if wants_part(request) else ""
    return render(request, f"capture/personal_links.html{part}", context)


@requires(Can.EDIT_LEADS)
@require_POST
def send(request: SignedInRequest, pk: int, form_id: int) -> HttpResponse:
    """Mail them the form."""
    contact = get_object_or_404(known_as(Contact.objects.visible_to(request.user), pk))
    url = reverse("contact", args=[pk])
    try:
        sent = services.send_form(form_id=form_id, contact=contact, by=request.user, now=timezone.now())
    except Refused as refused:
        return went_wrong(request, str(refused), url=url)
    return done(request, url=url, text=f"“{sent.form.title}” is on its way to {contact.name}.", event="contact-changed")
