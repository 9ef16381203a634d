"""What goes on around an opportunity, asked for when somebody scrolls there: files, follow-ups, what was said."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from activities.queries import follow_ups_of, timeline
from core.answers import wants_part
from leads.models import Contact
from pipeline.models import Opportunity
from users.access import SignedInRequest
from users.roles import Can

TALKS = "talks"


@require_safe
def around(request: SignedInRequest, pk: int) -> HttpResponse:
    """Files of the opportunity, and of its person what is to be done and what was said last. Six queries."""
    row = get_object_or_404(Opportunity.objects.visible_to(request.user).select_related("contact"), pk=pk)
    sees_contact = Contact.objects.visible_to(request.user).filter(pk=row.contact_id).exists()
    context = {
        "opportunity": row,
        "files": list(row.files.defer("content").select_related("added_by")),
        "contact": row.contact,
        "follow_ups": follow_ups_of(row.contact) if sees_contact else [],
        "talks": timeline(row.contact, kinds=TALKS, limit=15).items if sees_contact else [],
        "sees_contact": sees_contact,
        "can_work": request.user.can(Can.WORK_PIPELINE),
        "can_edit": sees_contact and request.user.can(Can.EDIT_LEADS),
    }
    return render(request, f"pipeline/around.html{'#part' if wants_part(request) else ''}", context)
