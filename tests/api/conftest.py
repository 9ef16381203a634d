import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from users.models import Token, User

Caller = Callable[[User], APIClient]


@pytest.fixture
def api() -> Caller:
    """A program that holds a token of this person."""

    def of(user: User) -> APIClient:
        _, key = Token.issue(user=user, name="test")
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
        return client

    return of


def send(client: APIClient, address: str, content: Any) -> Any:
    """POST as JSON in which everything unusual is escaped, also half surrogates."""
    return client.generic("POST", address, json.dumps(content), content_type="application/json")


def errors(answer: Any) -> dict[str, str]:
    """The errors of an answer, whose shape is always the same."""
    content = answer.json()
    assert list(content) == ["errors"], content
    found: dict[str, str] = content["errors"]
    assert all(isinstance(text, str) and text for text in found.values()), content
    return found
