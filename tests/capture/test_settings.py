"""Settings: sites with their snippets, forms with their links."""

import re
from typing import Any

import pytest
from django.utils import timezone

from capture import services
from capture.models import Form, Site
from core.errors import Refused
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db

FORM = {
    "title": "Price list",
    "slug": "prices",
    "asked": ["email", "first_name"],
    "must": ["email"],
    "event_kind": "asset_downloaded",
    "source": "download",
    "thank_you": "Here it is.",
    "is_open": "on",
}


def submit(slug: str, number: int) -> None:
    form = Form.objects.get(slug=slug)
    answers = {"email": f"p{number}@x{number}.example", "message": f"no. {number}"}
    services.submit_form(form, answers=answers, message_id=f"m{number}", now=NOW)


def test_only_marketers_and_administrators_set_up_capture(cast: Cast) -> None:
    site, form = Site.objects.get(), Form.objects.get(slug="contact")
    pages = ["/settings/tracking/", "/settings/tracking/new/", f"/settings/tracking/{site.pk}/"]
    pages += [f"/settings/tracking/{site.pk}/heard/", "/settings/forms/", "/settings/forms/new/"]
    pages += [f"/settings/forms/{form.pk}/", f"/settings/forms/{form.pk}/submissions/"]
    for address in pages:
        for user in (cast.mara, cast.adam):
            assert client_of(user).get(address).status_code == 200, (address, user)
        for user in (cast.rita, cast.mona, cast.vera):
            assert client_of(user).get(address).status_code == 403, (address, user)
        assert client_of(None).get(address).status_code == 302
    mara = client_of(cast.mara)
    for address in ("/settings/tracking/99999999999999999999/", "/settings/forms/0/"):
        assert mara.get(address).status_code == 404
    assert mara.post("/settings/tracking/").status_code == 405


def test_the_snippet_names_the_site_and_waits_for_consent_where_asked(cast: Cast) -> None:
    mara = client_of(cast.mara)
    site = Site.objects.get()
    text = mara.get("/settings/tracking/").content.decode()
    assert f"data-site=&quot;{site.write_key}&quot;&gt;" in text
    assert "/t/tracker.js" in text
    assert "Waiting for the first event" in text
    mara.post(f"/settings/tracking/{site.pk}/", {"name": site.name, "asks_consent": "on"})
    assert "data-consent=&quot;ask&quot;" in mara.get("/settings/tracking/").content.decode()


def test_the_live_check_stops_asking_when_the_site_was_heard(cast: Cast) -> None:
    mara = client_of(cast.mara)
    site = Site.objects.get()
    address = f"/settings/tracking/{site.pk}/heard/"
    assert "every 3s" in mara.get(address).content.decode()
    Site.objects.update(last_event_at=timezone.now())
    text = mara.get(address).content.decode()
    assert "every 3s" not in text
    assert "last event" in text


def test_origins_are_brought_into_the_form_browsers_send(cast: Cast) -> None:
    mara = client_of(cast.mara)
    fields = {"name": "Shop", "allowed_origins": "https://Shop.Example/page?x\nshop2.example\nhttp://localhost:3000\n"}
    assert mara.post("/settings/tracking/new/", fields).status_code == 302
    site = Site.objects.get(name="Shop")
    assert site.allowed_origins == ["https://shop.example", "https://shop2.example", "http://localhost:3000"]
    assert len(site.write_key) == 20


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"allowed_origins": "ftp://x.example"}, "is not an address"),
        ({"allowed_origins": "http://[::1"}, "is not an address"),
        ({"allowed_origins": "http://x:99999999"}, "is not an address"),
        ({"name": "Web site"}, "already"),
        ({"name": " "}, "required"),
        ({"name": "x" * 81}, "at most 80"),
        ({"name": "a\0b"}, "Null characters"),
    ],
)
def test_a_wrong_site_is_422_and_not_stored(cast: Cast, wrong: dict[str, str], sentence: str) -> None:
    answer = client_of(cast.mara).post("/settings/tracking/new/", {"name": "Shop"} | wrong)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Site.objects.count() == 1


def test_a_form_is_made_opened_and_changed(cast: Cast) -> None:
    mara = client_of(cast.mara)
    assert mara.post("/settings/forms/new/", FORM).status_code == 302
    form = Form.objects.get(slug="prices")
    assert (form.fields, form.required, form.event_kind) == (["first_name", "email"], ["email"], "asset_downloaded")
    assert "/f/prices/" in mara.get("/settings/forms/").content.decode()
    assert client_of(None).get("/f/prices/").status_code == 200
    changed: dict[str, Any] = {key: value for key, value in FORM.items() if key != "is_open"}
    assert mara.post(f"/settings/forms/{form.pk}/", changed).status_code == 302
    assert client_of(None).get("/f/prices/").status_code == 410


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"slug": "contact"}, "already"),
        ({"slug": "no good"}, "valid"),
        ({"asked": ["first_name"], "must": []}, "cannot answer"),
        ({"must": []}, "cannot answer"),
        ({"must": ["phone"]}, "cannot answer"),
        ({"asked": ["shoe"]}, "Select a valid choice"),
        ({"event_kind": "no_such"}, "Select a valid choice"),
        ({"title": ""}, "required"),
        ({"title": "x" * 1_000_000}, "at most 120"),
    ],
)
def test_a_wrong_form_is_422_and_not_stored(cast: Cast, wrong: dict[str, Any], sentence: str) -> None:
    answer = client_of(cast.mara).post("/settings/forms/new/", FORM | wrong)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Form.objects.count() == 2


def test_the_service_guards_the_kind_as_well() -> None:
    with pytest.raises(Refused) as refused:
        services.save_form(Form(title="A", slug="a", fields=["email"], required=["email"], event_kind="no_such"))
    assert list(refused.value.fields) == ["event_kind"]


def test_the_number_of_submissions_opens_the_list_that_adds_up(cast: Cast) -> None:
    for number in range(3):
        submit("contact", number)
    mara = client_of(cast.mara)
    form = Form.objects.get(slug="contact")
    address = f"/settings/forms/{form.pk}/submissions/"
    link = re.search(f'<a href="{address}">(.*?)</a>', mara.get("/settings/forms/").content.decode())
    assert link is not None
    assert re.sub("<.*?>", "", link.group(1)) == "3"
    text = mara.get(address).content.decode()
    assert [f"no. {number}" in text for number in range(4)] == [True, True, True, False]


def test_submissions_go_on_page_by_page_at_the_same_cost(cast: Cast, django_assert_num_queries: Any) -> None:
    mara = client_of(cast.mara)
    form = Form.objects.get(slug="contact")
    address = f"/settings/forms/{form.pk}/submissions/"
    submit("contact", 0)
    with django_assert_num_queries(4):  # session, person, form, events
        mara.get(address, headers={"HX-Request": "true"})
    for number in range(1, 60):
        submit("contact", number)
    with django_assert_num_queries(4):
        first = mara.get(address, headers={"HX-Request": "true"}).content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    rest = mara.get(older.group(1)).content.decode()
    assert (first.count("no. "), rest.count("no. ")) == (50, 10)
    for after in ("x", "\0", "-1", "9" * 40):
        assert mara.get(address, {"after": after}).status_code == 200


def test_lists_cost_the_same_for_few_and_for_many(cast: Cast, django_assert_num_queries: Any) -> None:
    mara = client_of(cast.mara)

    def cost(address: str) -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as seen:
            assert mara.get(address).status_code == 200
        return len(seen)

    pages = ("/settings/forms/", "/settings/tracking/", "/imports/")
    before = [cost(address) for address in pages]
    for number in range(20):
        Form.objects.create(slug=f"f{number}", title="F", fields=["email"], required=["email"])
        Site.objects.create(name=f"S{number}")
        services.upload(name="x", content=b"E-mail\na@x.example\n", started_by=cast.mara, now=NOW)
    assert [cost(address) for address in pages] == before
