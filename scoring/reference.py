"""Definition v1, a fair start for a business that sells to businesses."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from leads.models import Criterion, EventKind, Facet
from scoring.models import Definition, DefinitionStatus, EngagementRule, FitRule, RequiredCriterion

# name, kind, facet names, points, half-life, window, cap
ENGAGEMENT: list[tuple[str, str, list[str], int, int | None, int, int | None]] = [
    ("Read our pages", "page_view", [], 1, 14, 90, 10),
    ("Looked at pricing", "page_view", ["Pricing"], 6, 14, 90, 18),
    ("Looked at the product", "page_view", ["Product"], 2, 21, 120, 10),
    ("Read customer stories", "page_view", ["Customer stories"], 3, 21, 120, 9),
    ("Looks for a job", "page_view", ["Careers"], -5, 30, 180, 15),
    ("Subscribed to the newsletter", "newsletter_subscribed", [], 3, None, 180, 3),
    ("Clicked in a mail", "email_clicked", [], 2, 14, 90, 8),
    ("Downloaded something", "asset_downloaded", [], 6, 30, 180, 18),
    ("Registered for a webinar", "webinar_registered", [], 4, 30, 180, 8),
    ("Attended a webinar", "webinar_attended", [], 10, 45, 270, 20),
    ("Filled in a form", "form_submitted", [], 12, 45, 270, 24),
    ("Asked for a demo", "demo_requested", [], 25, 60, 365, 30),
    ("Started a trial", "trial_started", [], 20, 30, 180, 20),
    ("Used the product", "feature_used", [], 2, 14, 90, 20),
    ("Replied to a mail", "email_replied", [], 12, 30, 180, 24),
    ("Talked on the phone", "call_connected", [], 12, 45, 270, 24),
    ("Met us", "meeting_held", [], 18, 60, 365, 36),
    ("Wrote in the chat", "chat_started", [], 8, 30, 180, 16),
    ("Reacted on social media", "social_engaged", [], 1, 14, 60, 4),
    ("Was referred to us", "referred", [], 8, 90, 365, 8),
    ("Unsubscribed", "unsubscribed", [], -20, None, 365, 20),
]
FIT: list[tuple[str, int, dict[str, Any]]] = [
    ("50 to 1,000 employees", 15, {"field": "company.employees", "op": "between", "value": [50, 1000]}),
    ("More than 1,000 employees", 8, {"field": "company.employees", "op": "at_least", "value": 1001}),
    ("Fewer than 10 employees", -10, {"field": "company.employees", "op": "at_most", "value": 9}),
    (
        "In an industry we serve well",
        10,
        {
            "field": "company.industry",
            "op": "in",
            "value": ["Software", "Manufacturing", "Logistics", "Finance", "Professional services"],
        },
    ),
    (
        "In a country we sell to",
        5,
        {
            "field": "contact.country",
            "op": "in",
            "value": ["DE", "AT", "CH", "NL", "BE", "FR", "GB", "IE", "DK", "SE", "NO", "FI", "US", "CA"],
        },
    ),
    ("Writes from a company address", 5, {"field": "contact.free_mail", "op": "is", "value": False}),
    ("Writes from a private address", -5, {"field": "contact.free_mail", "op": "is", "value": True}),
    (
        "Leads a team (seniority; not authority)",
        5,
        {
            "field": "contact.job_title",
            "op": "contains_any",
            "value": ["head of", "director", "vp ", "vice president", "chief", "owner", "founder", "manager", "lead"],
        },
    ),
    (
        "Student or intern",
        -20,
        {"field": "contact.job_title", "op": "contains_any", "value": ["student", "intern", "trainee"]},
    ),
]
REQUIRED = {"budget": "weak", "authority": "meets", "need": "meets", "timeline": "weak"}


@transaction.atomic
def ensure() -> None:
    """Add definition v1, active, unless there is any definition."""
    if Definition.objects.exists():
        return
    definition = Definition.objects.create(
        version=1,
        name="A fair start",
        status=DefinitionStatus.ACTIVE,
        threshold=50,
        two_way_days=90,
        grade_a_fit=25,
        grade_b_fit=10,
        grade_1_engagement=40,
        grade_2_engagement=20,
        activated_at=timezone.now(),
    )
    kinds = EventKind.objects.in_bulk(field_name="key")
    facets = {facet.name: facet.pk for facet in Facet.objects.all()}
    for position, (name, kind, names, points, half_life, window, cap) in enumerate(ENGAGEMENT):
        EngagementRule.objects.create(
            definition=definition,
            name=name,
            kind=kinds[kind],
            facet_ids=[facets[facet] for facet in names],
            points=points,
            half_life_days=half_life,
            window_days=window,
            cap=cap,
            position=position,
        )
    for position, (name, points, conditions) in enumerate(FIT):
        FitRule.objects.create(
            definition=definition, name=name, points=points, conditions=conditions, position=position
        )
    for key, least in REQUIRED.items():
        RequiredCriterion.objects.create(definition=definition, criterion=Criterion.objects.get(key=key), least=least)
