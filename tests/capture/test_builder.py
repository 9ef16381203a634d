"""The builder: everything is in the page; a draft is changed, a published version never."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from capture import services
from capture.arrangement import ConsentBox, Content, problems
from capture.forms.builder import read_content
from capture.models import Form, FormVersion
from capture.queries.targets import targets
from capture.questions import Condition, Option, Question
from core.errors import Refused, Stale
from leads.models import CustomField, FieldType
from tests.capture.making import BOX, BUDGET, EMAIL, make_form, submit, version_of
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db

NEW = {"title": "Price list", "slug": "prices", "start": "empty"}


def controls(client: Client, address: str) -> dict[str, Any]:
    """All that the builder's page would send, read off the page itself."""
    text = client.get(address).content.decode()
    text = text[text.index('id="builder"') : text.index("builder-preview")]
    sent: dict[str, Any] = {}

    def put(name: str, value: str) -> None:
        value = value.replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")
        if name in {"q", "c"} or name.endswith("-o"):
            sent.setdefault(name, []).append(value)
        else:
            sent[name] = value

    for tag in re.findall(r"<input[^>]*>", text):
        told = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if told.get("type") != "checkbox" or " checked" in tag:
            put(told["name"], told.get("value", "on"))
    for tag, inner in re.findall(r"(<textarea[^>]*>)(.*?)</textarea>", text, re.S):
        put(dict(re.findall(r'([\w-]+)="([^"]*)"', tag))["name"], inner)
    for tag, inner in re.findall(r"(<select[^>]*>)(.*?)</select>", text, re.S):
        chosen = re.findall(r'value="([^"]*)" selected', inner) or re.findall(r'value="([^"]*)"', inner)
        put(dict(re.findall(r'([\w-]+)="([^"]*)"', tag))["name"], chosen[0])
    return sent


def begin(cast: Cast, **more: Any) -> tuple[Client, Form, str]:
    mara = client_of(cast.mara)
    answer = mara.post("/settings/forms/new/", NEW | more)
    assert answer.status_code == 302, answer.content.decode()
    form = Form.objects.get(slug=(NEW | more)["slug"])
    return mara, form, f"/settings/forms/{form.pk}/"


def test_a_form_is_begun_built_saved_and_published(cast: Cast) -> None:
    mara, form, address = begin(cast)
    assert client_of(None).get("/f/prices/").status_code == 404
    sent = controls(mara, address)
    assert (sent["q"], sent["q0-maps_to"], sent["q0-required"]) == (["0"], "contact.email", "on")
    sent |= {"q0-label": "Your address", "intro": "Short.", "do": "save"}
    assert mara.post(address, sent).status_code == 302
    draft = form.versions.get()
    assert (draft.is_draft, draft.questions[0]["label"], draft.intro, draft.changed_by) == (
        True, "Your address", "Short.", cast.mara,
    )  # fmt: skip
    sent = controls(mara, address) | {"do": "publish"}
    answer = mara.post(address, sent)
    assert (answer.status_code, answer["Location"]) == (302, f"{address}share/")
    assert version_of("prices") == draft
    assert "Your address" in client_of(None).get("/f/prices/").content.decode()


def test_what_names_no_button_saves_nothing(cast: Cast) -> None:
    mara, form, address = begin(cast)
    sent = controls(mara, address) | {"q0-label": "Your address"}
    sent.pop("do", None)
    answer = mara.post(address, sent)
    assert answer.status_code == 200
    assert "Your address" in answer.content.decode() and "data-unsaved>" in answer.content.decode()
    assert not form.versions.filter(questions__0__label="Your address").exists()


def test_a_published_version_never_changes_and_what_is_on_a_screen_is_what_is_checked(cast: Cast) -> None:
    mara, _form, address = begin(cast)
    mara.post(address, controls(mara, address) | {"do": "publish"})
    first = version_of("prices")
    mara.post(address, controls(mara, address) | {"q0-label": "Another wording", "do": "save"})
    assert version_of("prices") == first
    assert first.questions[0]["label"] == "E-mail"
    mara.post(address, controls(mara, address) | {"do": "publish"})
    second = version_of("prices")
    assert (second.number, second.questions[0]["label"]) == (2, "Another wording")
    first.refresh_from_db()
    assert first.questions[0]["label"] == "E-mail"


def test_the_buttons_rearrange_without_script_and_keep_nothing(cast: Cast) -> None:
    mara, form, address = begin(cast, start="contact")

    def keys(do: str, sent: dict[str, Any], **more: str) -> list[str]:
        text = mara.post(address, sent | more | {"do": do}).content.decode()
        return re.findall(r'name="q\d+-key" value="(\w+)"', text)

    sent = controls(mara, address)
    before = ["first_name", "last_name", "email", "company", "job_title", "phone", "message"]
    assert keys("up:1", sent) == ["last_name", "first_name", *before[2:]]
    assert keys("down:0", sent) == ["last_name", "first_name", *before[2:]]
    assert keys("up:0", sent) == before
    assert keys("down:6", sent) == before
    assert keys("remove:2", sent) == [key for key in before if key != "email"]
    assert keys("add", sent, add="criterion.budget") == [*before, "budget"]
    assert keys("add", sent, add="long_text")[-1] == "answer"
    for nonsense in ("up:99", "up:x", "remove:", "\0", "x" * 10_000):
        assert keys(nonsense, sent) == before
    assert keys("refresh", sent | {"q": ["6", "0", "1", "2", "3", "4", "5"]}) == ["message", *before[:6]]
    assert [version.number for version in form.versions.all()] == [1]
    assert form.versions.get().questions[0]["key"] == "first_name"


def test_a_criterion_comes_with_answers_and_their_verdicts(cast: Cast) -> None:
    mara, _form, address = begin(cast)
    text = mara.post(address, controls(mara, address) | {"do": "add", "add": "criterion.timeline"}).content.decode()
    assert "Within three months" in text
    sent = controls(mara, address) | {"q": ["0", "1"], "q1-maps_to": "criterion.timeline", "q1-label": "When?"}
    assert mara.post(address, sent | {"do": "publish"}).status_code == 302
    options = version_of("prices").asked[1].options
    assert [(option.label, option.verdict) for option in options][:2] == [
        ("Within three months", "meets"),
        ("Within a year", "weak"),
    ]


def test_a_changed_target_brings_its_usual_type_and_its_options(cast: Cast) -> None:
    CustomField.objects.create(key="plan", label="Plan", type=FieldType.CHOICE, options=["Basic", "Full"])
    mara, _form, address = begin(cast)
    sent = controls(mara, address) | {"q": ["0", "1"], "q1-label": "Plan", "q1-type": "text"}
    sent |= {"q1-maps_to": "contact.custom.plan", "do": "publish"}
    assert mara.post(address, sent).status_code == 302
    question = version_of("prices").asked[1]
    assert (question.type, [option.label for option in question.options]) == ("choice", ["Basic", "Full"])


@pytest.mark.parametrize(
    ("content", "control", "sentence"),
    [
        (Content(), "", "without questions"),
        (Content((replace(EMAIL, required=False),)), "", "you cannot answer"),
        (Content((BUDGET, replace(EMAIL, shown_if=Condition("budget", "is", "Yes")))), "", "you cannot answer"),
        (Content((EMAIL, Question("x", ""))), "q1-label", "Write the question"),
        (Content((EMAIL, Question("email", "Again"))), "q1-label", "Another question has this name"),
        (Content((EMAIL, Question("nonce", "N"))), "q1-label", "this name"),
        (Content((EMAIL, Question("x", "X", "choice"))), "q1-options", "two answers"),
        (Content((EMAIL, Question("x", "X", "choice", options=(Option("a"), Option("A"))))), "q1-options", "twice"),
        (Content((EMAIL, Question("x", "X", maps_to="contact.shoe"))), "q1-maps_to", "no longer there"),
        (Content((EMAIL, Question("x", "X", maps_to="contact.email"))), "q1-type", "cannot be filled"),
        (Content((EMAIL, Question("x", "X", "email", maps_to="contact.email"))), "q1-maps_to", "kept there already"),
        (Content((EMAIL, Question("x", "X", shown_if=Condition("later", "is", "1")))), "q1-shown_if", "above"),
        (Content((EMAIL, Question("x", "X", shown_if=Condition("email", "is", "")))), "q1-shown_if", "which answer"),
        (Content((EMAIL,), (ConsentBox("marketing", ""),)), "c0-wording", "Write the sentence"),
        (Content((EMAIL,), (ConsentBox("shoes", "Yes"),)), "c0-purpose", "Choose what"),
        (Content((EMAIL,), (BOX, BOX)), "c1-purpose", "already"),
        (Content((EMAIL,), button=""), "button", "stands on the button"),
        (Content((EMAIL,), thank_you=""), "thank_you", "Say thank you"),
        (Content((EMAIL,), intro="x" * 2001), "intro", "2,000"),
        (Content((EMAIL,), redirect_to="http://x.example"), "redirect_to", "https://"),
        (Content((EMAIL,), redirect_to="javascript:alert(1)"), "redirect_to", "https://"),
        (Content((EMAIL,), redirect_to="https://own.example@evil.example/"), "redirect_to", "https://"),
        (Content((EMAIL,), redirect_to="https://[::1"), "redirect_to", "https://"),
        (Content((Question("phone", "P", "phone", required=True, maps_to="contact.phone"),), asks_confirmation=True),
         "asks_confirmation", "e-mail address required"),
        (Content((EMAIL, *(Question(f"x{n}", "X") for n in range(40)))), "", "At most 40"),
    ],
)  # fmt: skip
def test_what_must_be_right_before_publishing(content: Content, control: str, sentence: str) -> None:
    found = problems(content, targets())
    assert sentence in found.get(control, ""), found


def test_what_is_wrong_is_said_in_the_builder_and_nothing_is_published(cast: Cast) -> None:
    mara, form, address = begin(cast)
    sent = controls(mara, address) | {"redirect_to": "http://x.example", "do": "publish"}
    answer = mara.post(address, sent)
    assert answer.status_code == 422
    assert "begins with https://" in answer.content.decode()
    form.refresh_from_db()
    assert form.published is None
    assert mara.post(address, sent | {"do": "save"}).status_code == 302  # a draft may be unfinished


def test_two_who_change_one_draft_are_told(cast: Cast) -> None:
    mara, form, address = begin(cast)
    sent = controls(mara, address)
    adam = client_of(cast.adam)
    assert adam.post(address, sent | {"intro": "Adam's", "do": "save"}).status_code == 302
    answer = mara.post(address, sent | {"intro": "Mara's", "do": "save"})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Somebody else has changed this draft" in text
    assert "Mara&#x27;s" in text
    assert form.versions.get().intro == "Adam's"
    again = {"seen": re.findall(r'name="seen" value="([^"]*)"', text)[0], "intro": "Mara's", "do": "save"}
    assert mara.post(address, sent | again).status_code == 302
    assert form.versions.get().intro == "Mara's"
    with pytest.raises(Stale):
        services.save_draft(form, Content(), now=NOW, seen="1-0")


def test_the_preview_is_drawn_by_the_public_pages_own_template(cast: Cast) -> None:
    mara, form, address = begin(cast)
    sent = controls(mara, address) | {"q0-label": "Where to?", "button": "Go"}
    text = mara.post(f"{address}preview/", sent).content.decode()
    assert "Where to?" in text
    assert ">Go</button>" in text
    assert 'id="preview_email"' in text
    assert form.versions.get().questions[0]["label"] == "E-mail"


def test_versions_are_listed_shown_and_revived(cast: Cast) -> None:
    make_form("prices")
    form = Form.objects.get(slug="prices")
    services.save_draft(form, Content((EMAIL, Question("size", "Size")), intro="second"), now=NOW)
    services.publish(form, now=NOW)
    submit(version_of("prices"))
    mara, address = client_of(cast.mara), f"/settings/forms/{form.pk}/versions/"
    text = mara.get(address).content.decode()
    assert [f"Version {number}" in text for number in (1, 2, 3)] == [True, True, False]
    assert "second" not in mara.get(f"{address}1/").content.decode()
    assert mara.post(f"{address}1/revive/").status_code == 302
    draft = form.versions.get(published_at=None)
    assert (draft.number, draft.intro, len(draft.questions)) == (3, "", 1)
    assert mara.get(f"{address}9/").status_code == 404
    assert mara.get(f"{address}1/revive/").status_code == 405
    assert mara.post(f"/settings/forms/{form.pk}/discard/").status_code == 302
    assert not form.versions.filter(published_at=None).exists()


def test_a_form_that_was_never_published_keeps_its_draft(cast: Cast) -> None:
    mara, form, address = begin(cast)
    mara.post(f"{address}discard/")
    assert form.versions.count() == 1
    with pytest.raises(Refused):
        services.discard_draft(form)
    mara.post(address, controls(mara, address) | {"do": "publish"})
    with pytest.raises(Refused):
        services.publish(form, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"slug": "contact"}, "already"),
        ({"slug": "confirm"}, "taken"),
        ({"slug": "no good"}, "valid"),
        ({"slug": ""}, "required"),
        ({"title": ""}, "required"),
        ({"title": "x" * 1_000_000}, "at most 120"),
        ({"title": "a\0b"}, "Null characters"),
        ({"start": "shoe"}, "Select a valid choice"),
    ],
)
def test_a_wrong_beginning_is_422_and_not_stored(cast: Cast, wrong: dict[str, str], sentence: str) -> None:
    answer = client_of(cast.mara).post("/settings/forms/new/", NEW | wrong)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Form.objects.count() == 2


def test_settings_hold_for_all_versions(cast: Cast) -> None:
    make_form("prices")
    form = Form.objects.get(slug="prices")
    mara, address = client_of(cast.mara), f"/settings/forms/{form.pk}/settings/"
    given = {"title": "Prices 2027", "event_kind": "asset_downloaded", "source": "download"}
    assert mara.post(address, given).status_code == 302
    form.refresh_from_db()
    assert (form.title, form.event_kind, form.source, form.is_open) == (
        "Prices 2027", "asset_downloaded", "download", False,
    )  # fmt: skip
    assert client_of(None).get("/f/prices/").status_code == 410
    assert mara.post(address, given | {"event_kind": "no_such"}).status_code == 422
    survey = make_form("survey", BUDGET, is_by_invitation=True).form
    answer = mara.post(f"/settings/forms/{survey.pk}/settings/", given | {"is_open": "on"})
    assert answer.status_code == 422
    assert "you cannot answer" in answer.content.decode()


def test_hostile_controls_are_read_without_harm(cast: Cast) -> None:
    mara, form, address = begin(cast)
    sent: dict[str, Any] = {
        "q": ["0", "-1", "99999", "x", "\0", "0", *map(str, range(300))],
        "q0-label": "\u202e😀\0" + "x" * 600_000,
        "q0-type": "shoe",
        "q0-maps_to": "criterion." + "y" * 500,
        "q0-key": "../../etc",
        "q0-o": [str(n) for n in range(500)],
        "q0-if_key": "email",
        "q0-if_operator": "eval",
        "c": ["0", "1", "x"],
        "c0-purpose": "x" * 500,
        "c0-wording": "w" * 600_000,
        "button": "b" * 600_000,
        "redirect_to": "https://x.example/" + "p" * 600_000,
        "seen": controls(mara, address)["seen"],
    }
    assert mara.post(address, sent | {"do": "publish"}).status_code == 422
    assert mara.post(f"{address}preview/", sent).status_code == 200
    assert mara.post(address, sent | {"do": "save"}).status_code == 302
    assert mara.get(address).status_code == 200
    form.refresh_from_db()
    assert form.published is None
    draft: FormVersion = form.versions.get()
    assert len(draft.questions) == 41
    assert mara.post("/settings/forms/99999999999999999999/", sent).status_code == 404


def test_keys_are_made_of_what_is_asked() -> None:
    def keys(*labels: str) -> list[str]:
        data = QueryDict(mutable=True)
        for number, label in enumerate(labels):
            data.appendlist("q", str(number))
            data[f"q{number}-label"] = label
        return [question.key for question in read_content(data, targets()).questions]

    wanted = ["team_size", "team_size_2", "grosse", "answer_website", "answer_42", "answer"]
    assert keys("Team size", "Team size", "Größe", "Website", "42", "数") == wanted
