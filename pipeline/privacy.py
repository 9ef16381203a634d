"""What `pipeline` holds about a person (leads/privacy.py)."""

from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from leads.models import Company
from leads.privacy import Held
from pipeline.models import Opportunity

_COMPANY = Subquery(Company.objects.filter(pk=OuterRef("company_id")).values("name")[:1])


def _pages(contact_id: int) -> list[str]:
    keys = Opportunity.objects.filter(contact=contact_id).values_list("pk", flat=True)
    return [reverse("opportunity", args=[pk]) for pk in keys] + [reverse("contact", args=[contact_id])]


HELD = [
    Held(
        "pipeline.Opportunity",
        "What we would sell you",
        shows=(
            *("name", "stage__name", "amount", "currency", "expected_close", "next_step", "created_at", "closed_at"),
            *("lost_reason", "lost_note", "custom", "snapshot"),
        ),
        blank={
            "name": Coalesce(_COMPANY, Value("Erased person")),
            "next_step": "",
            "lost_note": "",
            "custom": {},
            "snapshot": {},
            "search_text": "",
        },
    ),
    Held(
        "pipeline.OpportunityFile",
        "Files beside what we would sell you",
        via="opportunity__contact",
        shows=("name", "size", "added_by__name", "added_at"),
        is_deleted=True,
    ),
    Held(
        "pipeline.OpportunityPerson",
        "Opportunities of others in which you have a part",
        shows=("opportunity__name", "role"),
        is_deleted=True,
    ),
    Held(
        "pipeline.DeskOutcome",
        "What we decided after asking you",
        shows=("at", "by__name", "did", "detail", "note", "until"),
        blank={"note": "", "made": {}},
    ),
    Held("pipeline.DeskPlace", "When we want to ask you", shows=("due_at",), is_deleted=True),
    Held(
        "pipeline.HandOff",
        "When you were handed to a colleague",
        shows=("rep__name", "offered_at", "state", "decided_at", "reason", "note", "campaign", "snapshot"),
        blank={"note": "", "campaign": "", "snapshot": {}},
    ),
    Held(
        "pipeline.Recycle",
        "When we meant to get back to you",
        shows=("label", "created_at", "due_at", "state", "ended_at"),
        keeps="a reason of ours and days",
    ),
    Held(
        "activities.Notification",
        "What colleagues were told about your opportunities",
        where=lambda contact_id: Q(url__in=_pages(contact_id)),
        shows=("text", "at"),
        blank={"text": "Erased person"},
    ),
]
