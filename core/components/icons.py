"""Tabler's icons, in the page as SVG."""

import re
import warnings
from functools import lru_cache

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe


class UnknownIcon(LookupError):
    """No such file in node_modules/@tabler/icons."""


@lru_cache(maxsize=512)
def drawing(name: str, style: str) -> str:
    """The inside of one icon file."""
    file = settings.BASE_DIR / "node_modules" / "@tabler" / "icons" / "icons" / style / f"{name}.svg"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not file.is_file():
        raise UnknownIcon(f"There is no {style} icon named {name!r}: look in node_modules/@tabler/icons/icons/{style}/")
    inside = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", file.read_text(), flags=re.S)
    return re.sub(r"\s+", " ", inside.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")).strip()


def _paint(filled: bool) -> SafeString:
    paint = 'fill="currentColor"' if filled else 'fill="none" stroke="currentColor" stroke-width="1.75"'
    return mark_safe(f'{paint} stroke-linecap="round" stroke-linejoin="round"')


@lru_cache(maxsize=1024)
def _svg(name: str, size: int, label: str, filled: bool, shared: bool) -> SafeString:
    measure = f' width="{size}" height="{size}" style="width:{size}px;height:{size}px"' if size else ""
    inside = drawing(name, "filled" if filled else "outline")
    role = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    if shared:
        use = mark_safe(f'<use href="#icon-{name}"/>')
        return format_html('<svg class="icon"{} {}>{}</svg>', mark_safe(measure), role, use)
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" {}{} {}>{}</svg>',
        _paint(filled),
        mark_safe(measure),
        role,
        mark_safe(inside),
    )


def icon(name: str, size: int = 0, label: str = "", filled: bool = False, shared: bool = False) -> SafeString:
    """One icon as inline SVG. An unknown name is an error while developing and testing, and a dot in production.

    `shared` refers to what `icon_shapes` put into the page, for an icon that stands there dozens of times.
    """
    try:
        return _svg(name, size, label, filled, shared)
    except UnknownIcon as error:
        if settings.DEBUG:
            raise
        warnings.warn(str(error), RuntimeWarning, stacklevel=2)  # the test suite turns warnings into errors
        return _svg("point", size, label, False, False)


@lru_cache(maxsize=64)
def icon_shapes(*names: str) -> SafeString:
    """The shapes of the outline icons that are drawn with `shared=True`, once in a page."""
    shapes = "".join(
        f'<symbol id="icon-{name}" viewBox="0 0 24 24" {_paint(False)}>{drawing(name, "outline")}</symbol>'
        for name in names
    )
    return mark_safe(f'<svg class="visually-hidden" aria-hidden="true">{shapes}</svg>')
