"""How deep what strangers send is nested: what is too deep for one part of the stack may pass in another."""

from typing import Any

MOST = 100


def is_too_deep(value: Any, text: str, most: int = MOST) -> bool:
    """Whether lists and objects stand in each other more than `most` times; `text` is the value as JSON."""
    if text.count("[") + text.count("{") <= most:
        return False
    level, depth = [value], 0
    while level and depth <= most:
        inner = [part for one in level for part in (one.values() if isinstance(one, dict) else one)]
        level, depth = [part for part in inner if isinstance(part, dict | list)], depth + 1
    return depth > most
