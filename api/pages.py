"""Lists are read page by page: each page names the next one, and rows that arrive meanwhile shift nothing."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from core import keyset
from core.errors import Refused

Row = TypeVar("Row", bound=Model)
DEFAULT_SIZE, MOST = 50, 200


def page(request: Request, rows: "QuerySet[Row]") -> tuple[list[Row], dict[str, Any]]:
    """The rows of this page, newest first, and the answer's frame to put them into."""
    cursor, limit = request.query_params.get("cursor", ""), request.query_params.get("limit", "")
    if cursor and keyset.decode(cursor, int) is None:
        raise Refused(cursor="Take the cursor from `next` of the page before.")
    if limit and not (limit.isascii() and limit.isdecimal() and 0 < int(limit[:6]) <= MOST):
        raise Refused(limit=f"A page has 1 to {MOST} rows.")
    found = keyset.page(rows, by=[("pk", int)], after=cursor, size=int(limit or DEFAULT_SIZE))
    query = request.query_params.copy()
    query["cursor"] = found.after
    return found.rows, {"next": request.build_absolute_uri(f"?{query.urlencode()}") if found.after else None}
