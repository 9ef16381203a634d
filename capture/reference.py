"""Forms and the site that every installation starts with."""

from dataclasses import dataclass, replace

from django.utils import timezone

from capture import services, sites
from capture.arrangement import ConsentBox, Content
from capture.models import Form, Site
from capture.questions import Question
from capture.suggestions import ANSWERS, CONSENTS
from leads.models import Source

CONSENT = CONSENTS["marketing"]
_EMAIL = Question("email", "E-mail", "email", required=True, maps_to="contact.email")
_FIRST = Question("first_name", "First name", maps_to="contact.first_name")
_LAST = Question("last_name", "Last name", maps_to="contact.last_name")
_COMPANY = Question("company", "Company", maps_to="company.name")
_REST = (
    Question("job_title", "Job title", maps_to="contact.job_title"),
    Question("phone", "Phone", "phone", maps_to="contact.phone"),
    Question("message", "Message", "long_text"),
)
_BOX = (ConsentBox("marketing", CONSENT),)


def _must(question: Question) -> Question:
    return replace(question, required=True)


def _criterion(key: str, label: str) -> Question:
    return Question(key, label, "choice", options=ANSWERS[key], maps_to=f"criterion.{key}")


CONTACT = Content(
    (_FIRST, _LAST, _EMAIL, _COMPANY, *_REST),
    _BOX,
    intro="Tell us what you are looking for. Somebody who knows the answer will write back.",
    thank_you="Thank you. We have your message and will get back to you.",
)
DEMO = Content(
    (_must(_FIRST), _must(_LAST), _EMAIL, _must(_COMPANY), *_REST),
    _BOX,
    intro="Half an hour, with your own questions.",
    thank_you="Thank you. We will write to you to find a time.",
)
NEWSLETTER = Content(
    (_FIRST, _EMAIL),
    _BOX,
    button="Subscribe",
    thank_you="Thank you. You will hear from us.",
    asks_confirmation=True,
)
SURVEY = Content(
    (
        _criterion("need", "How much does the problem bother you?"),
        _criterion("timeline", "When should it be solved?"),
        _criterion("budget", "Is there a budget for it?"),
        _criterion("authority", "Who decides?"),
        Question("anything_else", "Anything else we should know?", "long_text"),
    ),
    intro="Four questions, one minute. Your answers help us to send you only what fits.",
    thank_you="Thank you, that helps.",
)


@dataclass(frozen=True, slots=True)
class Start:
    """Something to begin a form with."""

    label: str
    content: Content
    event_kind: str = "form_submitted"
    source: str = Source.FORM
    is_by_invitation: bool = False


STARTS = {
    "contact": Start("A contact form", CONTACT),
    "demo": Start("A request for a demo", DEMO, "demo_requested"),
    "newsletter": Start("A newsletter, confirmed by mail", NEWSLETTER, "newsletter_subscribed", Source.NEWSLETTER),
    "survey": Start(
        "A survey for leads we know: budget, authority, need, timeline",
        SURVEY,
        "survey_answered",
        is_by_invitation=True,
    ),
    "empty": Start("Only the e-mail address", Content((_EMAIL,))),
}
FORMS = [("contact", "Talk to us", "contact"), ("demo", "Ask for a demo", "demo")]


def ensure() -> None:
    """Add what is missing; what people have changed stays as they left it."""
    for slug, title, start in FORMS:
        ensure_form(slug, title, start)
    if not Site.objects.exists():
        Site.objects.create(name="Web site")
    sites.forget()


def ensure_form(slug: str, title: str, start: str, content: Content | None = None) -> Form:
    """The form with this address, made and published when there is none."""
    form = Form.objects.filter(slug=slug).first()
    if form is not None:
        return form
    begun, now = STARTS[start], timezone.now()
    form = services.create_form(
        title=title,
        slug=slug,
        content=content or begun.content,
        now=now,
        event_kind=begun.event_kind,
        source=begun.source,
        is_by_invitation=begun.is_by_invitation,
    )
    services.publish(form, now=now)
    form.refresh_from_db()
    return form
