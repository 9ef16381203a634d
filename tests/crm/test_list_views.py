"""Saved views of lists."""

from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from django.urls import reverse

from tests import factories
from tests.budget import page_cost
from tests.conftest import Cast, client_of
from users.models import ListChoice, SavedView, Share, User
from users.services import save_view
from users.services.views import MOST_VIEWS

pytestmark = pytest.mark.django_db


def saved(user: User, name: str = "Webinar", page: str = "leads", **fields: Any) -> SavedView:
    return save_view(user, page=page, name=name, **{"query": "source=webinar"} | fields)


def tabs(response: Any) -> list[str]:
    return [tab["label"] for tab in response.context["tabs"]][5:]


def test_a_view_keeps_filters_order_and_columns_and_is_a_tab(cast: Cast) -> None:
    client = client_of(cast.vera)
    given = {
        "name": " Hot  in\tMay ",
        "query": "min=60&month=2026-05&sort=-new&bogus=1&page=7&after=x",
        "columns": "seen.owner.nonsense",
    }
    answer = client.post("/views/leads/new/", given)
    view = SavedView.objects.get()
    assert (view.name, view.query, view.columns) == ("Hot in May", "min=60&month=2026-05&sort=-new", "owner.seen")
    assert (view.page, view.maker, view.share, view.team) == ("leads", cast.vera, "private", None)
    assert answer["Location"] == f"/leads/?min=60&month=2026-05&sort=-new&saved={view.pk}"
    shown = client.get(answer["Location"])
    assert tabs(shown) == ["Hot in May"]
    assert [tab["label"] for tab in shown.context["tabs"] if tab["active"]] == ["Hot in May"]
    assert shown.context["wanted"].min == 60
    assert not shown.context["bar"].is_changed
    assert [column.key for column in shown.context["columns"]] == ["owner", "seen"]


def test_the_dialog_takes_what_the_list_shows(cast: Cast) -> None:
    dialog = client_of(cast.rita).get("/views/leads/new/", {"query": "q=a&min=2", "columns": "owner"}).content.decode()
    assert '<input type="hidden" name="query" value="q=a&amp;min=2"' in dialog
    assert '<input type="hidden" name="columns" value="owner"' in dialog


def test_who_sees_whose(cast: Cast) -> None:
    saved(cast.rita, "Own")
    saved(cast.rita, "North", share="team")
    saved(cast.mara, "All", share="everybody")
    seen = {user.name: tabs(client_of(user).get("/leads/")) for user in cast.everybody()}
    assert seen == {
        "Rita": ["North", "Own", "All"],
        "Ravi": ["All", "North"],
        "Sven": ["All"],
        "Mara": ["All"],
        "Mona": ["All", "North"],
        "Adam": ["All", "North"],
        "Vera": ["All"],
    }
    assert tabs(client_of(cast.rita).get("/pipeline/list/"))[-1:] == []


@pytest.mark.parametrize(
    ("who", "share", "status"),
    [
        ("rita", "team", 302),
        ("rita", "everybody", 422),
        ("mara", "everybody", 302),
        ("mara", "team", 422),  # she is of no team
        ("mona", "team", 302),
        ("vera", "everybody", 422),
        ("vera", "team", 422),
        ("vera", "private", 302),
        ("adam", "everybody", 302),
        ("rita", "the world", 422),
    ],
)
def test_with_whom_each_role_may_share(cast: Cast, who: str, share: str, status: int) -> None:
    answer = client_of(getattr(cast, who)).post("/views/leads/new/", {"name": "V", "share": share})
    assert answer.status_code == status
    assert SavedView.objects.count() == (status == 302)


def test_a_changed_list_says_so_and_is_saved_or_put_back(cast: Cast) -> None:
    view = saved(cast.rita, share="team")
    client = client_of(cast.rita)
    here = f"/leads/?source=webinar&min=40&saved={view.pk}"
    shown = client.get(here)
    assert shown.context["bar"].is_changed
    page = shown.content.decode()
    assert "Save the changes" in page
    assert f'href="/leads/?source=webinar&amp;saved={view.pk}">' in page
    assert "Save the changes" not in client_of(cast.ravi).get(here).content.decode()  # he sees it, and saves his own
    assert "Save as a new view" in client_of(cast.ravi).get(here).content.decode()
    answer = client.post(f"/views/{view.pk}/keep/", {"query": "min=40&source=webinar&x=1", "columns": "score"})
    view.refresh_from_db()
    assert (view.query, view.columns) == ("source=webinar&min=40", "score")
    assert answer["Location"] == f"/leads/?source=webinar&min=40&saved={view.pk}"
    client.post(f"/views/{view.pk}/keep/", {"query": "min=40"})
    view.refresh_from_db()
    assert (view.query, view.columns) == ("min=40", "score")


def test_htmx_gets_the_bar_with_the_list(cast: Cast) -> None:
    view = saved(cast.rita)
    client, part = client_of(cast.rita), {"HX-Request": "true", "HX-Target": "list"}
    shown = client.get(f"/leads/?min=1&saved={view.pk}", headers=part).content.decode()
    assert 'id="views" hx-swap-oob="true"' in shown
    assert "Save the changes" in shown
    assert "hx-swap-oob" not in client.get(f"/leads/?min=1&saved={view.pk}").content.decode()
    assert 'id="views" hx-swap-oob="true"' in client.get("/pipeline/list/?q=x", headers=part).content.decode()


def test_filters_pages_and_sorts_stay_in_the_view(cast: Cast) -> None:
    for number in range(51):
        factories.contact(source="webinar", first_name=f"N{number}")
    view = saved(cast.rita)
    shown = client_of(cast.rita).get(f"/leads/?source=webinar&columns=owner&saved={view.pk}")
    assert shown.context["kept"] == {"saved": str(view.pk), "columns": "owner"}
    older = parse_qs(urlparse(shown.context["older"]).query)
    assert older.pop("after")
    assert older == {"source": ["webinar"], "saved": [str(view.pk)], "columns": ["owner"]}
    assert shown.context["base"] == f"/leads/?source=webinar&saved={view.pk}&columns=owner"


def test_rename_share_and_delete(cast: Cast) -> None:
    view = saved(cast.rita)
    client = client_of(cast.rita)
    assert client.post(f"/views/{view.pk}/", {"name": "Fairs", "share": "team"}).status_code == 302
    view.refresh_from_db()
    assert (view.name, view.share, view.team, view.query) == ("Fairs", "team", cast.rita.team, "source=webinar")
    assert client_of(cast.adam).post(f"/views/{view.pk}/", {"name": "Shows", "share": "team"}).status_code == 302
    view.refresh_from_db()
    assert (view.name, view.share, view.team, view.maker) == ("Shows", "team", cast.rita.team, cast.rita)
    assert client_of(cast.adam).post(f"/views/{view.pk}/", {"name": "Shows", "share": "everybody"}).status_code == 302
    # who may no longer share so may still rename it, and take it back
    assert client.post(f"/views/{view.pk}/", {"name": "Again", "share": "everybody"}).status_code == 302
    assert client.post(f"/views/{view.pk}/", {"name": "Again", "share": "private"}).status_code == 302
    assert client_of(cast.adam).get(f"/views/{view.pk}/").status_code == 404
    assert client.get(f"/views/{view.pk}/delete/").status_code == 200
    assert SavedView.objects.count() == 1
    assert client.post(f"/views/{view.pk}/delete/")["Location"] == "/leads/"
    assert SavedView.objects.count() == 0
    assert client.post(f"/views/{view.pk}/delete/").status_code == 404


def test_the_list_opens_with_the_chosen_view(cast: Cast) -> None:
    view = saved(cast.mara, share="everybody")
    client = client_of(cast.rita)
    assert (
        client.post("/views/leads/first/", {"view": view.pk})["Location"] == f"/leads/?source=webinar&saved={view.pk}"
    )
    assert client.get("/leads/")["Location"] == f"/leads/?source=webinar&saved={view.pk}"
    everything = client.get("/leads/?view=all")
    assert everything.status_code == 200
    assert everything.context["tabs"][0] == {"label": "All", "url": "/leads/?view=all", "active": True}
    assert everything.context["kept"] == {"view": "all"}
    assert client_of(cast.ravi).get("/leads/").status_code == 200
    # taken back: the list opens as ever
    SavedView.objects.update(share=Share.PRIVATE)
    assert client.get("/leads/").status_code == 200
    SavedView.objects.update(share=Share.EVERYBODY)
    assert client.post("/views/leads/first/")["Location"] == "/leads/"
    assert client.get("/leads/").status_code == 200
    client.post("/views/leads/first/", {"view": view.pk})
    view.delete()
    assert client.get("/leads/").status_code == 200
    assert ListChoice.objects.get(user=cast.rita).opens_with is None


def test_a_new_view_may_be_the_first(cast: Cast) -> None:
    client = client_of(cast.rita)
    answer = client.post("/views/pipeline_list/new/", {"name": "Late", "query": "overdue=yes&zzz=1", "first": "on"})
    view = SavedView.objects.get()
    assert answer["Location"] == f"/pipeline/list/?overdue=yes&saved={view.pk}"
    assert client.get("/pipeline/list/")["Location"] == f"/pipeline/list/?overdue=yes&saved={view.pk}"
    opened = client.get(f"/pipeline/list/?overdue=yes&saved={view.pk}")
    assert [tab["label"] for tab in opened.context["tabs"] if tab["active"]] == ["Late"]
    assert client.get("/pipeline/list/?state=open").status_code == 200
    assert client.get("/leads/").status_code == 200


@pytest.mark.parametrize(
    "bad",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "n" * 41},
        {"name": "x" * 1_000_000},
        {"name": "V", "query": "q=" + "a" * 3000},
        {"name": "V", "columns": "owner." * 1000},
        {"name": "V", "share": "x" * 5000},
    ],
)
def test_bad_input_is_refused_beside_its_field(cast: Cast, bad: dict[str, str]) -> None:
    assert client_of(cast.rita).post("/views/leads/new/", bad).status_code == 422
    assert SavedView.objects.count() == 0


def test_odd_names_and_queries_are_kept_or_dropped_but_never_break(cast: Cast) -> None:
    client = client_of(cast.rita)
    for name, query in [("\N{GRINNING FACE}", "q=%00&tag=99999999999999999999"), ("שלום", "q=%F0%9F%98%80" * 60)]:
        assert client.post("/views/leads/new/", {"name": name, "query": query}).status_code in (302, 422)
    assert client.post("/views/leads/new/", {"name": "a\0b", "query": "&".join(["q=1"] * 900)}).status_code in (
        302,
        422,
    )
    for view in SavedView.objects.all():
        assert client.get(f"/leads/?{view.query}&saved={view.pk}").status_code == 200
    for number in ("0", "-1", "x", "9" * 40, "%00"):
        assert client.get(f"/leads/?saved={number}").status_code == 200
        assert client.post("/views/leads/first/", {"view": number}).status_code == 404
    assert client.get("/views/nowhere/new/").status_code == 404
    assert client.post("/views/nowhere/columns/").status_code == 404


def test_a_name_is_taken_once_and_views_are_so_many(cast: Cast) -> None:
    client = client_of(cast.rita)
    saved(cast.rita, "Fairs")
    assert "already" in client.post("/views/leads/new/", {"name": "FAIRS"}).content.decode()
    assert client_of(cast.ravi).post("/views/leads/new/", {"name": "Fairs"}).status_code == 302
    assert client.post("/views/pipeline_list/new/", {"name": "Fairs"}).status_code == 302
    for number in range(MOST_VIEWS - 1):
        saved(cast.rita, f"View {number}")
    assert client.post("/views/leads/new/", {"name": "One more"}).status_code == 422
    assert SavedView.objects.filter(maker=cast.rita, page="leads").count() == MOST_VIEWS
    shown = client.get("/leads/")
    assert len(tabs(shown)) == 6
    assert len(shown.context["bar"].others) == MOST_VIEWS - 6


def test_wrong_methods(cast: Cast) -> None:
    view = saved(cast.rita)
    client = client_of(cast.rita)
    for address in (f"/views/{view.pk}/keep/", "/views/leads/first/", "/views/leads/columns/"):
        assert client.get(address).status_code == 405
    assert client.put(reverse("view_edit", args=[view.pk])).status_code == 405


def test_many_views_cost_no_more_queries(cast: Cast) -> None:
    client = client_of(cast.rita)

    def cost() -> int:
        return page_cost(client, "/leads/")

    saved(cast.rita, "One")
    few = cost()
    for number in range(20):
        saved(cast.mara, f"View {number}", share="everybody")
    assert cost() == few
