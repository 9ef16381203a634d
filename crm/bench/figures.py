"""How a figure is measured and told."""

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection


def tell(
    figure: str, value: float, unit: str, limit: float, target: float | None, *, higher_is_better: bool = False
) -> None:
    """One JSON line: the figure, the limit in the same unit, their ratio, and what DESIGN §5 asks for, if anything."""
    ratio = (limit / value if higher_is_better else value / limit) if value and limit else None
    line = {
        "figure": figure,
        "value": round(value, 4),
        "unit": unit,
        "limit": round(limit, 4),
        "ratio_to_limit": round(ratio, 2) if ratio is not None else None,
        "target": target,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def say(sentence: str) -> None:
    """Progress, beside the figures."""
    sys.stderr.write(f"  {sentence}\n")


def seconds(work: Callable[[], object], *, times: int = 3) -> float:
    """The median time of a run."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def rows(sql: str, params: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall()) if cursor.description else []


def drain(sql: str) -> None:
    """Run a SELECT to its last row, all columns computed, without sending the rows: what the database itself needs."""
    rows(f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF) {sql}")


def milliseconds_per_call(sql: Callable[[int], tuple[str, Sequence[Any]]], *, calls: int) -> list[float]:
    """Time of each of `calls` statements through one cursor, in milliseconds."""
    taken = []
    with connection.cursor() as cursor:
        raw = cursor.cursor
        for number in range(calls):
            text, params = sql(number)
            start = time.perf_counter()
            raw.execute(text, params)
            if raw.description:
                raw.fetchall()
            taken.append(1000 * (time.perf_counter() - start))
    return taken
