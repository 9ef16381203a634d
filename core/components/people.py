"""Faces and names."""

import zlib
from functools import lru_cache
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from core.components.values import of, text


def avatar(user: Any, size: str = "") -> SafeString:
    """A person's initials in a colour of their own; a dashed ring for nobody. size: "", "l" or "xl"."""
    if not user:
        return _nobody(size)
    name = str(of(user, "name") or user)
    return _face(name, str(of(user, "initials")), size)


@lru_cache(maxsize=8)
def _nobody(size: str) -> SafeString:
    bigger = f" face-{text(size)}" if size else ""
    return mark_safe(f'<span class="face face-none{bigger}" title="Nobody" role="img" aria-label="Nobody">–</span>')


@lru_cache(maxsize=1024)
def _face(name: str, initials: str, size: str) -> SafeString:
    bigger = f" face-{text(size)}" if size else ""
    initials = initials or "".join(word[0] for word in name.split()[:2]).upper()
    hue = zlib.crc32(name.encode()) * 137 % 360
    name = escape(name)  # never taken as safe already: the cache can't tell the two apart
    return mark_safe(
        f'<span class="face{bigger}" style="--hue:{hue}" title="{name}" role="img" aria-label="{name}">'
        f"{escape(initials)}</span>"
    )


def breakable(address: Any) -> SafeString:
    """An e-mail address that ends its line behind the @ where there is no room for all of it."""
    return mark_safe(text(address).replace("@", "@<wbr>"))


def person(user: Any) -> SafeString:
    """Initials and name."""
    name = str(of(user, "name") or user) if user else "Nobody"
    return mark_safe(f'<span class="person">{avatar(user)}<span class="truncate">{text(name)}</span></span>')
