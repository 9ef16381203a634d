"""One shape for everything that goes wrong: {"errors": {field: what to do}}; `detail` is about the whole request."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException, MethodNotAllowed, NotAuthenticated, ParseError, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.errors import Refused, Stale

_WHOLE = {"", "non_field_errors"}


class TooLarge(APIException):
    """The body has more bytes than the view takes."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large."


def flatten(detail: Any, where: str = "") -> dict[str, str]:
    """Nested messages as one level: {"3.identity.value": "…"}."""
    if isinstance(detail, dict):
        found: dict[str, str] = {}
        for name, inner in detail.items():
            found |= flatten(inner, where if name in _WHOLE else f"{where}.{name}" if where else str(name))
        return found
    if isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        found = {}
        for number, inner in enumerate(detail):
            found |= flatten(inner, f"{where}.{number}" if where else str(number))
        return found
    if isinstance(detail, list):
        return {where or "detail": " ".join(str(message) for message in detail)} if detail else {}
    return {where or "detail": str(detail)}


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an error of a view; none lets Django report a fault of our own."""
    response = _answer(error, context)
    if response is not None and "errors" in response.data:  # what is quoted back may hold what JSON cannot carry
        response.data = {"errors": {_plain(name): _plain(text) for name, text in response.data["errors"].items()}}
    return response


def _plain(text: object) -> str:
    return str(text).encode("utf-8", "replace").decode().replace("\0", "")


def _answer(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, Refused):
        code = status.HTTP_409_CONFLICT if isinstance(error, Stale) else status.HTTP_400_BAD_REQUEST
        return Response({"errors": {name or "detail": message for name, message in error.fields.items()}}, status=code)
    if isinstance(error, RecursionError):
        error = ParseError("The JSON is nested too deeply.")
    elif isinstance(error, Http404):
        return Response({"errors": {"detail": "There is no such thing, or you may not see it."}}, status=404)
    elif isinstance(error, PermissionDenied):
        return Response({"errors": {"detail": str(error) or "Your role may not do this."}}, status=403)
    elif isinstance(error, NotAuthenticated):
        error.detail = NotAuthenticated("Send your token: Authorization: Bearer wnw_… (Settings, API tokens).").detail
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        response.data = {"errors": flatten(error.detail)}
    elif isinstance(error, MethodNotAllowed):
        response.data = {"errors": {"detail": f"{context['request'].method} is not possible here."}}
    elif isinstance(error, APIException):
        response.data = {"errors": flatten(error.detail)}
    return response
