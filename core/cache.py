"""The cache holds only what may be forgotten, so an absent Redis is an empty cache and never an error."""

import logging
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer

log = logging.getLogger(__name__)


def _forgiving(absent: Callable[[dict[str, Any]], Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """While Redis is away the method answers what `absent` says, given its named arguments."""

    def forgive(real: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(real)
        def call(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
            try:
                return real(self, *args, **kwargs)
            except (NoConnection, NoAnswer) as error:
                log.warning("cache is away (%s): %s", real.__name__, error)
                return absent(kwargs)

        return call

    return forgive


class OneClient(RedisCacheClient):
    """Keeps the client: Django makes one for each command, which costs several times the command itself."""

    _kept: Any = None

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        if self._kept is None:
            self._kept = super().get_client(key, write=write)
        return self._kept

    def count(self, key: str, seconds: int) -> int:
        """Count one more and how many they are, from the first one on for so many seconds; in one trip."""
        with self.get_client(key, write=True).pipeline() as pipe:
            pipe.set(key, 0, ex=seconds, nx=True)
            pipe.incr(key)
            return int(pipe.execute()[1])

    def put(self, key: str, ids: Collection[int]) -> None:
        self.get_client(key, write=True).sadd(key, *ids)

    def take(self, key: str, most: int) -> list[int]:
        return [int(one) for one in self.get_client(key, write=True).spop(key, most)]


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, answering as if empty while Redis is away. Of one server."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = OneClient

    @_forgiving(lambda _: 1)
    def count(self, key: str, seconds: int) -> int:
        """Count one more under the key, and say how many they are; 1 while Redis is away."""
        return int(self._cache.count(self.make_and_validate_key(key), seconds))  # type: ignore[attr-defined]

    @_forgiving(lambda _: None)
    def put(self, key: str, ids: Collection[int]) -> None:
        """Add ids, at least one, to the set under the key; they are gone while Redis is away."""
        self._cache.put(self.make_and_validate_key(key), ids)  # type: ignore[attr-defined]

    @_forgiving(lambda _: [])
    def take(self, key: str, most: int) -> list[int]:
        """Take ids, at most so many, out of the set under the key: nobody else gets them."""
        return list(self._cache.take(self.make_and_validate_key(key), most))  # type: ignore[attr-defined]

    get = _forgiving(lambda kwargs: kwargs.get("default"))(RedisCache.get)
    get_many = _forgiving(lambda _: {})(RedisCache.get_many)
    set = _forgiving(lambda _: None)(RedisCache.set)
    set_many = _forgiving(lambda _: [])(RedisCache.set_many)
    add = _forgiving(lambda _: True)(RedisCache.add)
    touch = _forgiving(lambda _: False)(RedisCache.touch)
    delete = _forgiving(lambda _: False)(RedisCache.delete)
    delete_many = _forgiving(lambda _: None)(RedisCache.delete_many)
    has_key = _forgiving(lambda _: False)(RedisCache.has_key)
    incr = _forgiving(lambda _: 1)(RedisCache.incr)
    clear = _forgiving(lambda _: False)(RedisCache.clear)
