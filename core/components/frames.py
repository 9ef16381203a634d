"""Frames around other markup: panel, dialog, menu."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from core.components.icons import icon


def panel(
    content: str, title: str = "", id: str = "", flush: bool = False, url: str = "", more: str = ""
) -> SafeString:
    """A quiet card with a title; `url` and `more` add a link at its right; `flush` lets a table touch the edges."""
    link = format_html('<span class="push"><a class="btn btn-quiet btn-s" href="{}">{}</a></span>', url, more or "All")
    head = format_html('<header class="panel-head"><h2>{}</h2>{}</header>', title, link if url else "")
    return format_html(
        '<section class="panel"{}>{}<div class="{}">{}</div></section>',
        format_html(' id="{}"', id) if id else "",
        head if title else "",
        "panel-flush" if flush else "panel-body",
        content,
    )


def dialog(content: str, title: str, wide: bool = False) -> SafeString:
    """What an answer to hx-target="#dialog" contains."""
    return format_html(
        '<div class="dialog-frame{}"><div class="dialog-head"><h2 id="dialog-title">{}</h2>'
        '<button type="button" class="btn btn-quiet btn-icon" data-close aria-label="Close">{}</button></div>'
        '<div class="dialog-body">{}</div></div>',
        " dialog-wide" if wide else "",
        title,
        icon("x"),
        content,
    )


def menu(content: str, label: str = "", icon_name: str = "", end: bool = False, quiet: bool = False) -> SafeString:
    """A button that opens a list of `.menu-item`s; without a label it is an icon button named "More"."""
    style = f"btn{' btn-quiet' if quiet or not label else ''}{'' if label else ' btn-icon'}"
    return format_html(
        '<details class="menu{}" data-menu><summary class="{}"{}>{}{}</summary>'
        '<div class="menu-body">{}</div></details>',
        " menu-end" if end else "",
        style,
        "" if label else mark_safe(' aria-label="More"'),
        icon(icon_name) if icon_name else ("" if label else icon("dots")),
        format_html("{} {}", label, icon("chevron-down", 14)) if label else "",
        content,
    )


_SAVED = [("copy", "copy", "Copy as picture"), ("png", "photo", "Picture (PNG)"), ("csv", "table", "Figures (CSV)")]


def chart(content: str, title: str, flush: bool = False) -> SafeString:
    """A chart with its table behind it (or one that is a table), to be copied and saved as picture and as figures.

    What is saved is worked out by chart.js, which shows the tools; `flush`: it touches the edges of its panel.
    """
    tools = format_html_join(
        "",
        '<button type="button" class="menu-item" data-chart-do="{}">{}{}</button>',
        ((do, icon(shape), label) for do, shape, label in _SAVED),
    )
    return format_html(
        '<div class="chart{}" data-chart="{}"><div data-chart-picture>{}</div>'
        '<details class="menu menu-end menu-up chart-tools" data-menu hidden>'
        '<summary class="btn btn-quiet btn-icon btn-s" aria-label="Save or copy: {}">{}</summary>'
        '<div class="menu-body">{}<button type="button" class="menu-item" data-chart-do="table" hidden>{}'
        "Show the table</button></div></details></div>",
        " chart-flush" if flush else "",
        title,
        content,
        title,
        icon("download", 14),
        tools,
        icon("table"),
    )
