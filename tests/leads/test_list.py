from datetime import timedelta

import pytest
from django.utils import timezone

from leads import queries, services
from leads.days import day_of
from leads.filters import LeadFilter, NearLine
from leads.models import Contact, Standing
from tests import factories
from tests.budget import page_cost
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Target": "list"}


def scored(total: int, owner: object = None, **fields: object) -> Contact:
    contact = factories.contact(**fields)  # type: ignore[arg-type]
    Standing.objects.filter(pk=contact.pk).update(total=total, owner=owner, day=1, grade="B2")
    return contact


def names(response: object) -> list[str]:
    return [row.name.split()[0] for row in response.context["rows"]]  # type: ignore[attr-defined]


def test_the_best_score_stands_first_and_every_sort_has_its_order(cast: Cast) -> None:
    old, new = NOW - timedelta(days=3), NOW
    scored(10, first_name="Ann", now=new)
    scored(30, first_name="Ben", now=old)
    seen = scored(20, first_name="Cem", now=NOW - timedelta(days=1))
    Standing.objects.filter(pk=seen.pk).update(last_day=day_of(NOW))
    client = client_of(cast.mona)
    assert names(client.get("/leads/")) == ["Ben", "Cem", "Ann"]
    assert names(client.get("/leads/?sort=score")) == ["Ann", "Cem", "Ben"]
    assert names(client.get("/leads/?sort=-new")) == ["Ann", "Cem", "Ben"]
    assert names(client.get("/leads/?sort=-seen"))[0] == "Cem"
    assert names(client.get("/leads/?sort=nonsense")) == ["Ben", "Cem", "Ann"]


@pytest.mark.parametrize("sort", ["-score", "score", "-new", "new", "-seen", "seen"])
def test_pages_hold_everybody_once_forwards_and_back(cast: Cast, sort: str) -> None:
    for number in range(7):
        scored(number // 3, now=NOW - timedelta(days=number // 2))
    rows = Standing.objects.visible_to(cast.mona)
    pages, after = [], ""
    while True:
        page = queries.list_page(rows, sort=sort, after=after, size=3)
        pages.append(page)
        if not page.after:
            break
        after = page.after
    forwards = [row.pk for page in pages for row in page.rows]
    assert [len(page.rows) for page in pages] == [3, 3, 1]
    assert sorted(forwards) == sorted(Contact.objects.values_list("pk", flat=True))
    assert pages[0].before == ""
    back = queries.list_page(rows, sort=sort, before=pages[2].before, size=3)
    assert [row.pk for row in back.rows] == forwards[3:6]
    first = queries.list_page(rows, sort=sort, before=back.before, size=3)
    assert ([row.pk for row in first.rows], first.before) == (forwards[:3], "")


def test_a_damaged_place_shows_the_first_page(cast: Cast) -> None:
    scored(10, first_name="Ann")
    for place in ("after=%00", "after=zzz", "before=W10", "after=" + "A" * 5000):
        assert names(client_of(cast.mona).get(f"/leads/?{place}")) == ["Ann"]


def test_each_filter_leaves_whom_it_names(cast: Cast) -> None:
    ann = scored(70, cast.rita, first_name="Ann", last_name="Ångström", source="webinar", now=NOW - timedelta(days=60))
    ben = scored(30, cast.sven, first_name="Ben", email="ben@acme.example")
    scored(50, None, first_name="Cem")
    services.add_tag([ann.pk], "Fair 2026")
    Standing.objects.filter(pk=ben.pk).update(two_way_day=day_of(timezone.now()) - 2, grade="A1", lifecycle="prospect")
    tag = ann.standing.__class__.objects.get(pk=ann.pk).tag_ids[0]
    client = client_of(cast.mona)
    for query, expected in {
        "q=angstrom": ["Ann"],
        "q=ANG": ["Ann"],
        "q=an": ["Ann"],
        "q=ng": [],
        "q=ben+acme": ["Ben"],
        "q=%25": [],
        "q=_": [],
        f"owner={cast.sven.pk}": ["Ben"],
        "owner=nobody": ["Cem"],
        "owner=mine": [],
        "view=nobody": ["Cem"],
        "lifecycle=prospect": ["Ben"],
        "source=webinar": ["Ann"],
        f"tag={tag}": ["Ann"],
        "tag=99999999999": [],
        "min=50": ["Ann", "Cem"],
        "min=40&max=60": ["Cem"],
        "grade=A": ["Ben"],
        "grade=A1": ["Ben"],
        "grade=B1": [],
        "two_way=30": ["Ben"],
        "month=2026-04": ["Ann"],
        "month=2026-06": ["Cem", "Ben"],
    }.items():
        assert names(client.get(f"/leads/?{query}")) == expected, query


def test_hot_leads_are_near_the_line_and_not_yet_prospects(cast: Cast) -> None:
    line = queries.people(cast.mona, LeadFilter(view="hot"), now=NOW, hot_from=NearLine(40))
    scored(39)
    near = scored(40)
    done = scored(90)
    Standing.objects.filter(pk=done.pk).update(is_qualified=True)
    assert [row.pk for row in line] == [near.pk]
    assert not queries.people(cast.mona, LeadFilter(view="hot"), now=NOW).exists()


def test_reps_see_their_team_and_the_unowned(cast: Cast) -> None:
    scored(3, cast.rita, first_name="Ann")
    scored(2, cast.sven, first_name="Ben")
    scored(1, None, first_name="Cem")
    assert names(client_of(cast.ravi).get("/leads/")) == ["Ann", "Cem"]
    assert names(client_of(cast.sven).get("/leads/")) == ["Ben", "Cem"]
    assert names(client_of(cast.sven).get(f"/leads/?owner={cast.rita.pk}")) == []
    for user in (cast.vera, cast.mara, cast.mona, cast.adam):
        assert names(client_of(user).get("/leads/")) == ["Ann", "Ben", "Cem"]


def test_a_stranger_is_sent_to_the_login() -> None:
    assert client_of(None).get("/leads/").status_code == 302


def test_writing_to_the_list_is_no_method(cast: Cast) -> None:
    assert client_of(cast.mona).post("/leads/").status_code == 405


def test_a_part_is_answered_to_htmx_and_the_page_to_a_history_restore(cast: Cast) -> None:
    scored(1)
    client = client_of(cast.mona)
    assert b"<html" not in client.get("/leads/", headers=PART).content
    assert b'hx-swap-oob="innerHTML:.filters-note"' in client.get("/leads/", headers=PART).content
    assert b"<html" in client.get("/leads/", headers=PART | {"HX-History-Restore-Request": "true"}).content


def test_viewers_get_no_boxes_and_no_new_button(cast: Cast) -> None:
    scored(1)
    shown = client_of(cast.vera).get("/leads/").content.decode()
    assert 'name="ids"' not in shown
    assert 'href="/leads/new/"' not in shown
    assert 'name="ids"' in client_of(cast.rita).get("/leads/").content.decode()


def test_the_count_is_shown_and_the_empty_list_teaches(cast: Cast) -> None:
    client = client_of(cast.mona)
    assert "No leads yet" in client.get("/leads/").content.decode()
    scored(1)
    assert "1 contact<" in client.get("/leads/").content.decode()
    for _ in range(50):
        scored(2)
    assert "50+ contacts" in client.get("/leads/?min=0").content.decode()
    assert client.get("/leads/count/?min=2").content == b"50 contacts"
    assert client.get("/leads/count/?min=x").content == b"0 contacts"  # not everybody
    assert client_of(cast.sven).post("/leads/count/").status_code == 405
    assert "No lead fits" in client.get("/leads/?q=zzzz").content.decode()


def test_200_rows_cost_as_many_queries_as_2(cast: Cast) -> None:
    client = client_of(cast.rita)

    def cost() -> int:
        return page_cost(client, "/leads/")

    def fill(count: int) -> None:
        for number in range(count):
            contact = scored(number, cast.rita)
            services.add_tag([contact.pk], f"tag {number % 7}")
            factories.evidence(contact, "budget")

    fill(2)
    few = cost()
    fill(198)
    assert cost() == few
    assert few <= 10  # session, user, team, list, chips, tags of rows, tags, owners, bell


def test_rows_for_ids_keeps_their_order_and_leaves_out_the_invisible(cast: Cast) -> None:
    first, hidden, last = scored(1, cast.rita), scored(2, cast.sven), scored(3)
    rows = queries.rows_for([last.pk, hidden.pk, first.pk], user=cast.rita, now=NOW)
    assert [row.pk for row in rows] == [last.pk, first.pk]
    assert queries.rows_for([], user=cast.rita, now=NOW) == []


def test_only_who_may_import_is_shown_the_way_there(cast: Cast) -> None:
    shown = {
        user.name: 'href="/imports/"' in client_of(user).get("/leads/").content.decode() for user in cast.everybody()
    }
    assert shown == {
        "Rita": False, "Ravi": False, "Sven": False, "Mara": True, "Mona": True, "Adam": True, "Vera": False
    }  # fmt: skip
