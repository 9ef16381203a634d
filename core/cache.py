"""The cache holds only what may be forgotten, so an absent Redis is an empty cache and never an error."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer

log = logging.getLogger(__name__)


def _forgiving(name: str, absent: Callable[[dict[str, Any]], Any]) -> Callable[..., Any]:
    real = getattr(RedisCache, name)

    @wraps(real)
    def call(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return real(self, *args, **kwargs)
        except (NoConnection, NoAnswer) as error:
            log.warning("cache is away (%s): %s", name, error)
            return absent(kwargs)

    return call


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, answering as if empty while Redis is away."""

    get = _forgiving("get", lambda kwargs: kwargs.get("default"))
    get_many = _forgiving("get_many", lambda _: {})
    set = _forgiving("set", lambda _: None)
    set_many = _forgiving("set_many", lambda _: [])
    add = _forgiving("add", lambda _: True)
    touch = _forgiving("touch", lambda _: False)
    delete = _forgiving("delete", lambda _: False)
    delete_many = _forgiving("delete_many", lambda _: None)
    has_key = _forgiving("has_key", lambda _: False)
    incr = _forgiving("incr", lambda _: 1)
    clear = _forgiving("clear", lambda _: False)
