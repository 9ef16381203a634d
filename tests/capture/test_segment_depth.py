"""What is nested too deep is set aside, wherever in the stack it would have been too deep."""

import pytest
from django.test import Client

from capture.models import Site
from leads.models import EngagementEvent
from tests.capture.test_segment import call, server

__all__ = ["server"]  # a fixture

pytestmark = pytest.mark.django_db


def test_a_deep_or_odd_message_is_set_aside(client: Client, server: Site) -> None:
    deep = '{"batch": [{"type": "track", "event": "X", "userId": "u1", "properties": {"a": %s1%s}}]}'
    for levels, status in ((90, 200), (110, 400), *((levels, 400) for levels in range(850, 1000, 10)), (20_000, 400)):
        nested = (deep % ("[" * levels, "]" * levels)).encode()
        assert call(client, "batch", nested, server.write_key).status_code == status, levels
    for value in ("NaN", "1e999", '"\\ud800"'):
        body = '{"batch": [{"type": "track", "event": "X", "userId": "u1", "properties": {"a": VALUE}}]}'.replace(
            "VALUE", value
        )
        assert call(client, "batch", body.encode(), server.write_key).status_code == 400
    assert EngagementEvent.objects.count() == 1
