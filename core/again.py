"""Work that met somebody else's at the same instant is done again: then it finds what the other one left."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import Error, connection

P = ParamSpec("P")
R = TypeVar("R")
TIMES = 4
# serialization failure, deadlock, lock not available, and a row that points at one that has gone meanwhile
_CODES = {"40001", "40P01", "55P03", "23503"}


def is_passing(error: BaseException) -> bool:
    """Whether it may well succeed when it is done again, because the database has taken all of it back."""
    if isinstance(error, ObjectDoesNotExist):
        return True  # it was there when it was looked up
    return isinstance(error, Error) and getattr(error.__cause__, "pgcode", None) in _CODES


def again(verb: Callable[P, R]) -> Callable[P, R]:
    """Do a verb that is a transaction of its own again, a few times, while others are in its way."""

    @wraps(verb)
    def patient(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(TIMES - 1):
            try:
                return verb(*args, **kwargs)
            except Error as error:
                if connection.in_atomic_block or not is_passing(error):
                    raise
            time.sleep(random.uniform(0.02, 0.2))  # noqa: S311 - so that two do not meet again
        return verb(*args, **kwargs)

    return patient
