"""A form inside a page of another site: by one line of script, or as plain HTML."""

import re
from typing import Any

import pytest
from django.test import Client

from capture import nonces
from capture.models import Form, Site, Submission
from capture.questions import Condition, Question
from leads.models import Contact, EngagementEvent
from tests.capture.making import BUDGET, EMAIL, make_form, nonce, version_of
from tests.conftest import Cast, client_of

pytestmark = pytest.mark.django_db

JSON = {"accept": "application/json"}


def test_the_script_and_the_form_may_be_read_by_pages_of_any_origin(client: Client) -> None:
    script = client.get("/f/form.js")
    assert script["Access-Control-Allow-Origin"] == "*"
    assert len(script.content) < 10_000
    assert client.get("/f/form.js", headers={"if-none-match": script["ETag"]}).status_code == 304
    page = client.get("/f/contact/embed/?page=https://shop.example/a&utm_source=ads")
    text = page.content.decode()
    assert (page["Access-Control-Allow-Origin"], page.cookies) == ("*", {})
    assert re.search(r'<form method="post" action="https?://[^"]+/f/contact/"', text)
    assert '<input type="hidden" name="page" value="https://shop.example/a">' in text
    assert "<html" not in text
    assert "<script" not in text
    assert client.get("/f/nowhere/embed/").status_code == 404
    assert client.post("/f/contact/embed/").status_code == 405


def test_the_script_is_told_what_is_wrong_by_question_and_may_try_again(client: Client) -> None:
    number = nonce()
    answer = client.post("/f/contact/", {"nonce": number, "email": "nobody"}, headers=JSON)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (422, "*")
    assert answer.json() == {
        "ok": False,
        "errors": {"email": ["“nobody” is not an e-mail address."]},
        "nonce": number,
    }
    old = client.post("/f/contact/", {"nonce": "x", "email": "a@b.example"}, headers=JSON).json()
    assert "once more" in old["errors"][""][0]
    again = client.post("/f/contact/", {"nonce": old["nonce"], "email": "a@b.example"}, headers=JSON)
    assert again.json()["ok"] is True
    Form.objects.update(is_open=False)
    closed = client.post("/f/contact/", {"nonce": number}, headers=JSON)
    assert (closed.status_code, closed.json()["ok"]) == (410, False)


def test_the_visitor_is_sent_on_to_the_page_that_the_form_names(client: Client) -> None:
    make_form("go", EMAIL, redirect_to="https://www.shop.example/thanks?x=1")
    page = client.get("/f/go/")
    assert "https://www.shop.example" in page["Content-Security-Policy"].split("form-action")[1].split(";")[0]
    answer = client.post("/f/go/", {"nonce": nonce("go"), "email": "a@b.example"})
    assert (answer.status_code, answer["Location"]) == (303, "https://www.shop.example/thanks?x=1")
    told = client.post("/f/go/", {"nonce": nonce("go"), "email": "c@d.example"}, headers=JSON).json()
    assert told["redirect"] == "https://www.shop.example/thanks?x=1"


def plain(cast: Cast, slug: str) -> dict[str, str]:
    """What the copied HTML would send, untouched."""
    form = Form.objects.get(slug=slug)
    page = client_of(cast.mara).get(f"/settings/forms/{form.pk}/share/").content.decode()
    snippet = re.findall(r'<code id="html">(.*?)</code>', page, re.S)[0].replace("&lt;", "<").replace("&gt;", ">")
    snippet = snippet.replace("&quot;", '"').replace("&amp;", "&")
    tags = [dict(re.findall(r'([\w-]+)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", snippet)]
    sent = {tag["name"]: tag.get("value", "") for tag in tags if tag.get("type") not in {"radio", "checkbox"}}
    assert f'action="http://127.0.0.1:8000/f/{slug}/"' in snippet or f'/f/{slug}/"' in snippet
    return sent


def test_plain_html_is_taken_without_number_and_once(client: Client, cast: Cast) -> None:
    make_form("quote", EMAIL, BUDGET)
    sent = plain(cast, "quote")
    assert set(sent) == {"version", "winnow_visitor", "website", "email"}
    for _ in range(2):
        answer = client.post("/f/quote/", sent | {"email": "a@b.example", "budget": "Soon"})
        assert (answer.status_code, answer["Location"]) == (303, "/f/quote/thanks/")
    assert (Submission.objects.count(), Contact.objects.count(), EngagementEvent.objects.count()) == (1, 1, 1)
    client.post("/f/quote/", sent | {"email": "a@b.example", "budget": "No"})
    assert Submission.objects.count() == 2


def test_plain_html_that_is_typed_wrong_comes_back_with_the_words_kept(client: Client, cast: Cast) -> None:
    make_form("quote", EMAIL, Question("why", "Why?", "long_text"))
    answer = client.post("/f/quote/", plain(cast, "quote") | {"email": "nobody", "why": "Because we must"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "is not an e-mail address" in text
    assert "Because we must" in text
    number = re.findall(r'name="nonce" value="([^"]+)"', text)[0]
    assert client.post("/f/quote/", {"nonce": number, "email": "a@b.example"}).status_code == 303


def test_a_pass_of_another_form_or_a_forged_one_does_not_count(client: Client) -> None:
    for given in (nonces.plain_pass("demo", version=version_of("demo").pk), "forged", "", "\0", "x" * 10_000):
        assert client.post("/f/contact/", {"version": given, "email": "a@b.example"}).status_code == 422
    assert not Submission.objects.exists()


def test_a_hidden_field_is_filled_from_the_address_else_by_its_default(client: Client) -> None:
    make_form("h", EMAIL, Question("plan", "Plan", "hidden", default="none", parameter="plan"))
    assert '<input type="hidden" name="plan" value="gold"' in client.get("/f/h/?plan=gold").content.decode()
    assert '<input type="hidden" name="plan" value="none"' in client.get("/f/h/").content.decode()
    client.post("/f/h/", {"nonce": nonce("h"), "email": "a@b.example", "plan": "gold"})
    assert Submission.objects.get().answers["plan"] == "gold"


def test_a_condition_stands_in_the_page_and_does_not_hold_up_the_browser(client: Client) -> None:
    why = Question("why", "Why not?", required=True, shown_if=Condition("budget", "is", "No"))
    make_form("c", EMAIL, BUDGET, why)
    text = client.get("/f/c/").content.decode()
    assert 'data-shown-if="budget" data-operator="is" data-value="No"' in text
    assert not re.search(r'<input[^>]*name="why"[^>]*required', text)
    sent: dict[str, Any] = {"nonce": nonce("c"), "email": "a@b.example"}
    assert client.post("/f/c/", sent | {"budget": "No"}).status_code == 422
    assert client.post("/f/c/", sent | {"budget": "Yes", "why": "tampered"}).status_code == 303
    assert "why" not in Submission.objects.get().answers


def test_the_marketer_is_warned_of_a_page_that_is_not_a_site_of_ours(cast: Cast) -> None:
    Site.objects.update(allowed_origins=["https://www.shop.example"])
    make_form("a", EMAIL, redirect_to="https://www.shop.example/thanks")
    make_form("b", EMAIL, redirect_to="https://evil.example/thanks")
    mara = client_of(cast.mara)
    warned = [
        "is none of the" in mara.get(f"/settings/forms/{Form.objects.get(slug=slug).pk}/").content.decode()
        for slug in ("a", "b")
    ]
    assert warned == [False, True]
