"""The cards of the board. A page draws a hundred and more, so they are drawn at once and not by a template."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

from core.components.icons import icon
from core.components.numbers import money
from core.components.people import avatar
from core.components.values import text
from leads.components.judgement import chips, score_badge

if TYPE_CHECKING:
    from pipeline.queries import Card

LONGEST_STEP = 64
MARKS = {"high": "chevrons-up", "low": "chevrons-down"}


def deals(cards: "Iterable[Card]") -> SafeString:
    """Cards as `board.js` moves them; their icons are `shared`: board.html has their shapes."""
    return mark_safe("\n".join(map(_deal, cards)))


def _deal(card: "Card") -> str:
    name = text(card.name)
    return (
        f'<article class="deal{" is-rotting" if card.is_rotting else ""}" id="card-{card.pk}" tabindex="0" '
        f'data-card="{card.pk}" data-version="{card.version}" data-name="{name}" aria-label="{text(card.says)}">'
        f'<div class="deal-top"><a class="deal-name" href="{card.url}" tabindex="-1">{name}</a>'
        f'<span class="deal-amount">{money(card.amount, card.currency, compact=True)}</span></div>'
        f'<div class="deal-sub"><span class="truncate">{text(card.who)}</span>{_age(card)}</div>'
        f'<div class="line">{chips(card.chips)}<span class="push line">{score_badge(card.judged)}{avatar(card.owner)}'
        f"</span></div>{_last_line(card)}</article>"
    )


def priority_mark(value: str, shared: bool = False) -> SafeString:
    """Says that a priority is not the usual one."""
    if value not in MARKS:
        return mark_safe("")
    arrows = icon(MARKS[value], 14, shared=shared)
    said = f'<span class="visually-hidden">{value} priority</span>'
    return mark_safe(f'<span class="priority is-{value}" title="{value.capitalize()} priority">{arrows}{said}</span>')


def _age(card: "Card") -> str:
    mark = priority_mark(card.priority, shared=True)
    if card.closed_on:
        return f'<span class="deal-age">{mark}{card.closed_on.day} {card.closed_on:%b}</span>'
    due = ""
    if card.is_overdue and (day := card.expected_close):
        due = f'<span class="late" title="Expected to close on {day.day} {day:%B %Y}">due {day.day} {day:%b}</span> '
    alert = icon("alert-circle", 12, shared=True) if card.is_rotting else ""
    return f'<span class="deal-age">{mark}{due}<span title="{text(card.age)}">{alert}{card.days} d</span></span>'


def _last_line(card: "Card") -> str:
    """Why it was lost, or what comes next and by when."""
    if card.lost_because:
        return f'<div class="deal-next">{icon("circle-x", shared=True)}<span>{text(card.lost_because)}</span></div>'
    if not (card.next_step or card.next_step_on) or card.closed_at:
        return ""
    step = card.next_step or "Next step"
    short = step if len(step) <= LONGEST_STEP else step[: LONGEST_STEP - 1] + "…"
    return (
        f'<div class="deal-next{" is-late" if card.is_late else ""}">{icon("arrow-right", shared=True)}'
        f'<span title="{text(step)}">{text(short)}</span>{_by(card)}</div>'
    )


def _by(card: "Card") -> str:
    if (day := card.next_step_on) is None:
        return ""
    late = ' title="The day of the next step is past"' if card.is_late else ""
    return f'<span class="deal-by"{late}>{day.day} {day:%b}</span>'
