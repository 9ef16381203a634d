"""The product with a clock on its SQL: each answer says what the database took, in headers."""

import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

from django.conf import settings

settings.ROOT_URLCONF = "crm.bench.urls"

from django.db import connection
from django.http import HttpRequest, HttpResponseBase


class SqlClock:
    """Sums the time of all statements of a request, and what the request cost the processor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        taken: list[float] = []

        def clock(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
            start = time.perf_counter()
            try:
                return execute(sql, params, many, context)
            finally:
                taken.append(1000 * (time.perf_counter() - start))

        began = time.thread_time()
        with connection.execute_wrapper(clock):
            response = self.get_response(request)
        worked = 1000 * (time.thread_time() - began)
        response["X-Sql"] = f"{sum(taken):.3f} {len(taken)} {worked:.3f}"
        return response


settings.MIDDLEWARE = ["crm.bench.wsgi.SqlClock", *settings.MIDDLEWARE]

from crm.wsgi import application

__all__ = ["application"]
