"""Personal links: a form for one contact, who is not asked who they are."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from capture import nonces
from capture.models import Form
from capture.preferences import preferences_url
from core.answers import wants_part
from leads.models import Contact
from users.access import SignedInRequest, requires
from users.roles import Can


@requires(Can.EDIT_LEADS)
@require_safe
def links(request: SignedInRequest, pk: int) -> HttpResponse:
    """The page of their choices, and the open forms, each by a link that belongs to this contact; surveys first."""
    contact = get_object_or_404(Contact.objects.visible_to(request.user), pk=pk)
    now = timezone.now()
    forms = Form.objects.filter(is_open=True, published__isnull=False).order_by("-is_by_invitation", "title")
    rows = [
        {
            "form": form,
            "link": f"{settings.SITE_URL}{reverse('form', args=[form.slug])}"
            f"?for={nonces.personal_token(form.slug, contact.pk, now=now)}",
        }
        for form in forms
    ]
    context = {
        "contact": contact,
        "rows": rows,
        "days": nonces.PERSONAL_DAYS,
        "preferences": preferences_url(contact.pk),
    }
    part = "#dialog" if wants_part(request) else ""
    return render(request, f"capture/personal_links.html{part}", context)
