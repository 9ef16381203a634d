"""Every address and what each person gets there: the table is in tests/crm/access. An address without a row fails."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.conftest import Cast, client_of
from tests.crm.access import TABLE
from tests.crm.access import world as things
from tests.crm.access.row import WHO

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(cast: Cast) -> dict[str, Any]:
    return things.build(cast)


@pytest.mark.parametrize("column", range(len(WHO)), ids=[who or "stranger" for who in WHO])
def test_what_each_person_gets(column: int, world: dict[str, Any], cast: Cast) -> None:
    who = WHO[column]
    client = client_of(getattr(cast, who) if who else None)
    expected, got = {}, {}
    for row in TABLE:
        address = reverse(row.name, args=[world[key] for key in row.args])
        with transaction.atomic():  # what one row does is undone before the next one
            data = {key: world[value[1:]] if value.startswith("@") else value for key, value in row.data.items()}
            response = getattr(client, row.method)(address, data)
            transaction.set_rollback(True)
        expected[row.id], got[row.id] = int(row.expected.split()[column]), response.status_code
        if not who and response.status_code == 302 and not row.name.startswith("account_"):
            assert response["Location"].startswith(reverse("account_login")), row.id
    assert got == expected


def _patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _patterns(pattern, inner)
        else:
            yield f"{namespace}{pattern.name or pattern.pattern}", pattern


def test_every_address_has_a_row() -> None:
    known = {row.name for row in TABLE}
    without = {name for name, _ in _patterns(get_resolver()) if not name.startswith("admin:")} - known
    assert without == set()
    assert known - {name for name, _ in _patterns(get_resolver())} == set()


def test_every_page_of_the_engine_room_is_for_administrators(cast: Cast) -> None:
    """Django's admin sends everybody else to its own sign-in."""
    engine_room = [(name, one) for name, one in _patterns(get_resolver()) if name.startswith("admin:")]
    assert len(engine_room) > 20
    for name, pattern in engine_room:
        if name in {"admin:login", "admin:logout"}:
            continue
        arguments = dict.fromkeys(pattern.pattern.regex.groupindex, 1)
        try:
            address = reverse(name, kwargs=arguments)
        except Exception:
            address = "/admin/nowhere/"
        for who in ("rita", "mara", "mona", "vera", ""):
            response = client_of(getattr(cast, who) if who else None).get(address)
            assert response.status_code == 302, (name, who)
            assert "login" in response["Location"], (name, who)
    assert client_of(cast.adam).get(reverse("admin:index")).status_code == 200


def test_a_part_of_a_page_whose_session_ended_sends_the_whole_window_to_the_sign_in() -> None:
    response = client_of(None).get(reverse("leads"), headers={"HX-Request": "true", "HX-Current-URL": "/leads/"})
    assert response.status_code == 401
    assert response["HX-Redirect"] == f"{reverse('account_login')}?next=/leads/"


def test_whoever_is_deactivated_is_out_at_once(cast: Cast) -> None:
    client = client_of(cast.ravi)
    assert client.get("/").status_code == 200
    cast.ravi.is_active = False
    cast.ravi.save(update_fields=["is_active"])
    assert client.get("/").status_code == 302
