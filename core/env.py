"""Typed readers of environment variables; a wrong value stops the start with a sentence that says what to do."""

import os

from django.core.exceptions import ImproperlyConfigured

_REQUIRED = object()


def text(name: str, default: object = _REQUIRED) -> str:
    """The variable's text; without a default it must be set."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is _REQUIRED:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment; .env.example explains it.")
    return str(default)


def flag(name: str, default: bool = False) -> bool:
    """1/true/yes/on or 0/false/no/off."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no. Write 1 or 0.")


def number(name: str, default: int, *, least: int | None = None, most: int | None = None) -> int:
    """A whole number, perhaps within limits."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        found = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from None
    if (least is not None and found < least) or (most is not None and found > most):
        raise ImproperlyConfigured(f"{name}={value!r}: write a number from {least} to {most}.")
    return found


def words(name: str, default: str = "") -> list[str]:
    """A list, separated by commas."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def country(name: str) -> str:
    """A two-letter code, or nothing."""
    value = os.environ.get(name, "").strip().upper()
    if value and not (len(value) == 2 and value.isascii() and value.isalpha()):
        raise ImproperlyConfigured(f"{name}={value!r} is no country. Write its two letters, such as DE, or nothing.")
    return value
