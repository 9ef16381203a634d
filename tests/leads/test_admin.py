import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.services import log_activity
from tests import factories
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db
TABLES = sorted(
    f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    for model in admin.site._registry
    if model._meta.app_label in {"leads", "activities"}
)


def test_the_engine_room_opens_for_administrators_and_counts_no_whole_table(cast: Cast) -> None:
    contact = factories.contact()
    factories.event(contact)
    factories.evidence(contact, "need")
    log_activity(contact=contact, kind="call", actor=cast.rita, at=NOW, now=NOW)
    client = client_of(cast.adam)
    assert len(TABLES) == 17
    for url in TABLES:
        with CaptureQueriesContext(connection) as made:
            assert client.get(url).status_code == 200, url
        small = any(name in url for name in ("eventkind", "facet", "criterion", "customfield", "/tag/"))
        counts = [query["sql"] for query in made if query["sql"].startswith('SELECT COUNT(*) AS "__count" FROM "')]
        assert small or not counts, url
    assert client.get(f"/admin/leads/contact/{contact.pk}/change/").status_code == 200
    assert client.post(f"/admin/leads/contact/{contact.pk}/change/", {"first_name": "Eve"}).status_code == 403
    assert client.get("/admin/leads/contact/add/").status_code == 403


@pytest.mark.parametrize("name", ["rita", "mona", "vera"])
def test_nobody_else_gets_in(cast: Cast, name: str) -> None:
    for url in TABLES:
        assert client_of(getattr(cast, name)).get(url).status_code == 302
