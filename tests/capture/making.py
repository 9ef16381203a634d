"""Forms for tests, published in one line."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from capture import services
from capture.arrangement import ConsentBox, Content
from capture.models import Form, FormVersion
from capture.nonces import new_nonce
from capture.questions import Option, Question
from tests.conftest import NOW

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
EMAIL = Question("email", "E-mail", "email", required=True, maps_to="contact.email")
BOX = ConsentBox("marketing", "You may write to me.")
BUDGET = Question(
    "budget",
    "Is there a budget?",
    "choice",
    maps_to="criterion.budget",
    options=(Option("Yes", "meets", "20000"), Option("Soon", "weak"), Option("No", "fails"), Option("Who knows")),
)


def make_form(slug: str, *questions: Question, **fields: Any) -> FormVersion:
    """A published form; what is no field of the form is content."""
    of_form = {name: fields.pop(name) for name in ("event_kind", "source", "is_by_invitation") if name in fields}
    content = Content(questions or (EMAIL,), **fields)
    form = services.create_form(title=slug.title(), slug=slug, content=content, now=NOW, **of_form)
    return services.publish(form, now=NOW)


def version_of(slug: str) -> FormVersion:
    """What visitors of the form see."""
    version = Form.objects.select_related("published").get(slug=slug).published
    assert version is not None
    return version


def nonce(slug: str = "contact", *, seconds_ago: float = 30, version: FormVersion | None = None) -> str:
    """A number as the page of the form carries it."""
    shown = version or version_of(slug)
    return new_nonce(slug, version=shown.pk, now=timezone.now() - timedelta(seconds=seconds_ago))


def submit(version: FormVersion, number: int = 1, **more: Any) -> services.Submitted:
    """Somebody fills it in; another number is another person."""
    answers = {"email": f"p{number}@x{number}.example", "message": f"no. {number}"} | more.pop("answers", {})
    return services.submit_form(version, answers=answers, message_id=f"m{number}", now=more.pop("now", NOW), **more)
