"""Settings: sites with their snippets, forms with their links."""

import pytest
from django.utils import timezone

from capture import services
from capture.models import Form, Site
from tests.budget import page_cost
from tests.capture.making import make_form, submit
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db


def test_only_marketers_and_administrators_set_up_capture(cast: Cast) -> None:
    site, form = Site.objects.get(), Form.objects.get(slug="contact")
    pages = ["/settings/tracking/", "/settings/tracking/new/", f"/settings/tracking/{site.pk}/"]
    pages += [f"/settings/tracking/{site.pk}/heard/", "/settings/forms/", "/settings/forms/new/"]
    pages += [f"/settings/forms/{form.pk}/", f"/settings/forms/{form.pk}/submissions/", "/submissions/"]
    pages += [f"/settings/forms/{form.pk}/{part}/" for part in ("settings", "share", "versions", "versions/1")]
    pages.append("/settings/forms/spam/")
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


def test_the_page_as_it_opens_makes_a_site_of_any_origin(cast: Cast) -> None:
    mara = client_of(cast.mara)
    fields = mara.get("/settings/tracking/new/").context["form"]
    shown = {field.html_name: field.value() or "" for field in fields}
    assert shown["allowed_origins"] == ""
    assert mara.post("/settings/tracking/new/", shown | {"name": "Shop"}).status_code == 302
    assert Site.objects.get(name="Shop").allowed_origins == []


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


def test_lists_cost_the_same_for_few_and_for_many(cast: Cast) -> None:
    mara = client_of(cast.mara)

    pages = ("/settings/forms/", "/submissions/", "/settings/tracking/", "/imports/")
    submit(make_form("f"), 0)
    before = [page_cost(mara, address) for address in pages]
    for number in range(20):
        submit(make_form(f"f{number}"), number)
        Site.objects.create(name=f"S{number}")
        services.upload(name="x", content=b"E-mail\na@x.example\n", started_by=cast.mara, now=NOW)
    assert [page_cost(mara, address) for address in pages] == before
