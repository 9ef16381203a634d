"""The choice of columns of the list of leads: each one's own, or a saved view's."""

import re
from typing import Any

import pytest

from leads.columns import COLUMNS, MOST, STANDARD, columns_of, written
from tests import factories
from tests.conftest import Cast, client_of
from users.models import ListChoice
from users.services import save_view

pytestmark = pytest.mark.django_db


def heads(response: Any) -> list[str]:
    table = response.content.decode().split("<thead>")[1].split("</thead>")[0]
    return [re.sub(r"<[^>]+>", "", head).strip() for head in re.findall(r"<th[^>]*>(.*?)</th>", table, re.DOTALL)]


def test_columns_are_chosen_per_person(cast: Cast) -> None:
    factories.contact(first_name="Ann", email="ann@acme.example")
    client = client_of(cast.rita)
    standard = ["Name", "Lifecycle", "Score", "Criteria", "Owner", "Source", "Tags", "Seen", "Added"]
    assert heads(client.get("/leads/"))[1:] == standard
    answer = client.post("/views/leads/columns/", {"columns": ["email", "score", "nonsense"], "query": "q=ann&x=1"})
    assert answer["Location"] == "/leads/?q=ann"
    shown = client.get("/leads/?q=ann")
    assert heads(shown)[1:] == ["Name", "Score", "E-mail"]
    assert "ann@acme.example" in shown.content.decode()
    assert heads(client_of(cast.ravi).get("/leads/"))[1:] == standard
    client.post("/views/leads/columns/", {"standard": "on", "columns": "email"})
    assert heads(client.get("/leads/"))[1:] == standard
    assert ListChoice.objects.count() == 1


def test_columns_in_a_view_change_the_view_only_when_it_is_saved(cast: Cast) -> None:
    factories.contact(source="webinar")
    view = save_view(cast.mara, page="leads", name="V", query="source=webinar", share="everybody", columns="owner")
    client = client_of(cast.rita)
    answer = client.post("/views/leads/columns/", {"columns": "phone", "query": "source=webinar", "saved": view.pk})
    assert answer["Location"] == f"/leads/?source=webinar&saved={view.pk}&columns=phone"
    shown = client.get(answer["Location"])
    assert heads(shown)[1:] == ["Name", "Phone"]
    assert shown.context["bar"].is_changed
    assert heads(client.get(f"/leads/?source=webinar&saved={view.pk}"))[1:] == ["Name", "Owner"]
    assert not ListChoice.objects.exists()
    # a view that is not there: the own choice
    client.post("/views/leads/columns/", {"columns": "phone", "saved": 10**18})
    assert ListChoice.objects.get().columns == "phone"


def test_every_column_can_be_drawn(cast: Cast) -> None:
    contact = factories.contact(first_name="<b>", company=None)
    for start in range(0, len(COLUMNS), MOST):
        some = COLUMNS[start : start + MOST]
        shown = client_of(cast.rita).get(f"/leads/?columns={'.'.join(column.key for column in some)}")
        assert heads(shown)[2:] == [column.label for column in some]
        assert shown.content.decode().count("<td") == len(some) + 2
    everything = client_of(cast.rita).get(f"/leads/?columns={'.'.join(column.key for column in COLUMNS)}")
    assert len(heads(everything)) == MOST + 2
    assert contact.pk


def test_what_an_address_names() -> None:
    assert [column.key for column in columns_of("seen.score.nonsense.score")] == ["score", "seen"]
    assert columns_of("") is columns_of("standard") is columns_of(".".join(one.key for one in STANDARD)) is STANDARD
    assert [written(text) for text in ("", "seen.score", "standard", "x" * 10**6)] == ["", "score.seen", "", ""]
    assert columns_of("source")[0].style == ""  # who chose it sees it on a narrow screen, too
