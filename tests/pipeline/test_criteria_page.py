"""What qualification asks, in Settings."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

import scoring.queries
from leads.days import day_of
from leads.models import Contact, Criterion, Verdict
from leads.services import record_evidence
from pipeline.models import Question
from pipeline.queries.desk import asked_of
from pipeline.services.desk import place_all, save_criterion
from scoring.models import Definition, FitRule, Persona
from scoring.queries.specs import forget_specs
from scoring.services import rescore_changed
from tests import factories
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db
CHAMP = {
    "label": "Champion",
    "letter": "Ch",
    "question": "Who will fight for this when you are not in the room?",
    "questions": "Who gains most from it?\n\nWho gains most from it?\nWho has done this before?",
    "hint": "A name, and what they win.",
    "valid_days": "90",
}


def test_a_criterion_of_ones_own_is_asked_at_the_desk(cast: Cast) -> None:
    client = client_of(cast.mara)
    assert client.post("/settings/criteria/new/", CHAMP).status_code == 302
    row = Criterion.objects.get(key="champion")
    assert (row.label, row.letter, row.valid_days, row.position) == ("Champion", "Ch", 90, 4)
    asked = list(Question.objects.filter(criterion=row).values_list("text", flat=True))
    assert asked == ["Who gains most from it?", "Who has done this before?"]
    page = client.get("/settings/criteria/").content.decode()
    assert "Champion (Ch)" in page
    assert "must meet" in page  # authority


def test_another_question_keeps_key_answers_and_place(cast: Cast) -> None:
    row = Criterion.objects.get(key="budget")
    evidence = factories.evidence(factories.contact(), "budget")
    given = CHAMP | {"label": "Money", "letter": "M", "position": "0"}
    assert client_of(cast.mona).post(f"/settings/criteria/{row.pk}/", given).status_code == 302
    row.refresh_from_db()
    assert (row.key, row.label, row.position) == ("budget", "Money", 0)
    evidence.refresh_from_db()
    assert evidence.criterion == row


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", ""),
        ("label", "x" * 61),
        ("label", "Budget"),
        ("label", "预算"),
        ("letter", "ABC"),
        ("question", ""),
        ("question", "\0"),
        ("question", "x" * 1_000_000),
        ("questions", "\n".join(f"Question {n}?" for n in range(21))),
        ("questions", "x" * 201),
        ("valid_days", "0"),
        ("valid_days", "99999999999999999999"),
    ],
)
def test_bad_input_is_said_beside_its_field(cast: Cast, field: str, value: str) -> None:
    answer = client_of(cast.mara).post("/settings/criteria/new/", CHAMP | {field: value})
    assert answer.status_code == 422
    assert not Criterion.objects.filter(key="champion").exists()
    assert not Question.objects.filter(criterion__key="champion").exists()


def test_nobody_can_be_asked_everything(cast: Cast) -> None:
    for number in range(20):
        Criterion.objects.get_or_create(key=f"c{number}", defaults={"label": f"C{number}", "letter": "C"})
    assert client_of(cast.mara).post("/settings/criteria/new/", CHAMP).status_code == 422


def test_another_name_shows_at_once_in_explanations(cast: Cast) -> None:
    lead = factories.contact()
    rescore_changed(now=NOW)

    def asked() -> list[str]:
        explanation = scoring.queries.why(lead.pk, day_of(NOW))
        assert explanation is not None and explanation.spec is not None
        return [f"{one.label}: {one.question}" for one in explanation.spec.required]

    before = asked()
    assert any(text.startswith("Budget: ") for text in before)
    budget = Criterion.objects.get(key="budget")
    save_criterion(criterion=budget, label="Money", letter="B", question="Is there any?", valid_days=180)
    assert [text for text in asked() if text not in before] == ["Money: Is there any?"]


def enterprise() -> None:
    """The active definition knows a kind of buyer."""
    Persona.objects.create(definition=Definition.objects.get(status="active"), name="Enterprise")
    forget_specs()


def questions_of(lead: Contact, persona: str) -> list[str]:
    spec = scoring.queries.active_spec()
    asked = asked_of(lead, spec.required if spec else (), [], [], now=NOW, persona=persona)
    return next(one.questions for one in asked if one.criterion.key == "budget")


def test_a_doubt_calls_a_form_by_its_title() -> None:
    lead, budget = factories.contact(), Criterion.objects.get(key="budget")
    for days, verdict, source in ((9, Verdict.FAILS, "form:demo"), (2, Verdict.MEETS, "manual")):
        record_evidence(
            contact=lead,
            criterion=budget,
            verdict=verdict,
            source=source,
            text="so they said",
            observed_at=NOW - timedelta(days=days),
            now=NOW,
        )
    for names, said in (({"form:demo": "Ask for a demo"}, "form “Ask for a demo”"), ({}, "form “demo”")):
        asked = asked_of(lead, (), [], [], now=NOW, names=partial(dict, names))
        doubts = next(one.doubts for one in asked if one.criterion == budget)
        assert [said in doubt for doubt in doubts] == [True]


def test_a_persona_is_asked_its_own_questions_first(cast: Cast) -> None:
    enterprise()
    client, row, lead = client_of(cast.mara), Criterion.objects.get(key="budget"), factories.contact()
    address = f"/settings/criteria/{row.pk}/"
    assert "Ask Enterprise so" in client.get(address).content.decode()
    given = CHAMP | {"label": "Budget", "question": "Is there a budget?", "questions": "How much?"}
    own = {"questions of Enterprise": "Which cost centre pays?\nWho signs above 50k?\n"}
    assert client.post(address, given | own).status_code == 302
    assert questions_of(lead, "Enterprise") == [
        "Which cost centre pays?",
        "Who signs above 50k?",
        "Is there a budget?",
        "How much?",
    ]
    for other in ("", "Student"):
        assert questions_of(lead, other) == ["Is there a budget?", "How much?"]
    page = client.get(address).content.decode()
    assert "Which cost centre pays?\nWho signs above 50k?" in page
    # the persona goes, its questions stay until somebody takes them away
    Persona.objects.all().delete()
    forget_specs()
    assert "Which cost centre pays?" in client.get(address).content.decode()
    assert client.post(address, given | {"questions of Enterprise": ""}).status_code == 302
    assert questions_of(lead, "Enterprise") == ["Is there a budget?", "How much?"]


def test_a_personas_bad_questions_are_said_beside_its_field(cast: Cast) -> None:
    enterprise()
    for value in ("x" * 201, "\n".join(f"{number}?" for number in range(21)), "\0"):
        answer = client_of(cast.mara).post("/settings/criteria/new/", CHAMP | {"questions of Enterprise": value})
        assert answer.status_code == 422
    assert not Criterion.objects.filter(key="champion").exists()


def test_the_desk_asks_as_the_persona_is_asked(cast: Cast) -> None:
    enterprise()
    definition = Definition.objects.get(status="active")
    whoever = {"field": "contact.job_title", "op": "contains_any", "value": ["director"]}
    FitRule.objects.create(
        definition=definition, persona=Persona.objects.get(), name="Director", points=5, conditions=whoever
    )
    forget_specs()
    row = Criterion.objects.get(key="budget")
    Question.objects.create(criterion=row, persona="Enterprise", text="Which cost centre pays?")
    now = timezone.now()
    lead = factories.contact(now=now, job_title="Director of IT")
    for kind in ("demo_requested", "webinar_attended", "asset_downloaded"):
        factories.event(lead, kind, now=now, days_ago=1)
    rescore_changed(now=now)
    place_all(now=now)
    page = client_of(cast.rita).get("/qualify/").content.decode()
    assert '<p class="ask-question">Which cost centre pays?</p>' in page
