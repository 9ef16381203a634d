"""Forms and the site that every installation starts with."""

from capture import sites
from capture.models import Form, FormField, Site

CONSENT = "Yes, you may write to me about your product now and then. I can stop this at any time."
_PERSON = [FormField.FIRST_NAME, FormField.LAST_NAME, FormField.EMAIL, FormField.COMPANY]
FORMS = [
    (
        "contact",
        "Talk to us",
        "Tell us what you are looking for. Somebody who knows the answer will write back.",
        [*_PERSON, FormField.JOB_TITLE, FormField.PHONE, FormField.MESSAGE],
        [FormField.EMAIL],
        "form_submitted",
        "Thank you. We have your message and will get back to you.",
    ),
    (
        "demo",
        "Ask for a demo",
        "Half an hour, with your own questions.",
        [*_PERSON, FormField.JOB_TITLE, FormField.PHONE, FormField.MESSAGE],
        [FormField.FIRST_NAME, FormField.LAST_NAME, FormField.EMAIL, FormField.COMPANY],
        "demo_requested",
        "Thank you. We will write to you to find a time.",
    ),
]


def ensure() -> None:
    """Add what is missing; what people have changed stays as they left it."""
    for slug, title, intro, fields, required, event_kind, thank_you in FORMS:
        Form.objects.get_or_create(
            slug=slug,
            defaults={
                "title": title,
                "intro": intro,
                "fields": [field.value for field in fields],
                "required": [field.value for field in required],
                "event_kind": event_kind,
                "consent_wording": CONSENT,
                "thank_you": thank_you,
            },
        )
    if not Site.objects.exists():
        Site.objects.create(name="Web site")
    sites.forget()
