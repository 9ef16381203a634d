"""Bars and columns."""

from collections.abc import Iterable
from decimal import Decimal
from math import ceil, log10
from typing import Any

from core.components.numbers import compact_text, money_text
from core.components.values import of


def bars(items: Iterable[Any], whole: Any = None, tone: str = "lead", caption: str = "Bars") -> dict[str, Any]:
    """Horizontal bars; items have label, value and perhaps text, note, url, tone. `whole` fixes what 100 % is."""
    items = list(items)
    top = float(whole or max((float(of(item, "value", 0)) for item in items), default=0)) or 1.0
    return {
        "caption": caption,
        "items": [
            {
                "label": of(item, "label"),
                "text": of(item, "text") or f"{of(item, 'value', 0):,}",
                "note": of(item, "note"),
                "url": of(item, "url"),
                "tone": of(item, "tone") or tone,
                "width": round(100 * max(0.0, float(of(item, "value", 0))) / top, 1),
            }
            for item in items
        ],
    }


def columns(
    items: Iterable[Any], caption: str, currency: str = "", height: int = 200, mark: str = "Quota"
) -> dict[str, Any]:
    """Months side by side, each a stack of parts; the same figures stand in a table for those who can't see bars.

    items: label, url, current, parts (each tone, label, value), and perhaps low, high (a range), mark (a line).
    """
    items = list(items)
    stacks = [[max(0.0, float(of(part, "value", 0))) for part in of(item, "parts", [])] for item in items]
    tops = [sum(stack) for stack in stacks]
    tops += [float(of(item, name, 0)) for item in items for name in ("high", "mark")]
    top, ticks = scale(max(tops, default=0))
    drawn = []
    legend: dict[str, str] = {}
    for item, stack in zip(items, stacks, strict=True):
        parts = [
            {"tone": of(part, "tone", "lead"), "label": of(part, "label"), "height": round(100 * value / top, 2)}
            | {"text": _figure(of(part, "value", 0), currency), "value": str(of(part, "value", 0))}
            for part, value in zip(of(item, "parts", []), stack, strict=True)
        ]
        legend |= {str(part["label"]): str(part["tone"]) for part in parts}
        low, high = of(item, "low", None), of(item, "high", None)
        likely = None if low is None or high is None else _range(float(low), float(high), top, currency)
        line = _mark(of(item, "mark", None), top, currency)
        said = [f"{part['label']} {part['text']}" for part in parts]
        said += [f"likely {likely['text']}"] if likely else []
        said += [f"{mark.lower()} {line['text']}"] if line else []
        drawn.append(
            {
                "label": of(item, "label"),
                "url": of(item, "url"),
                "current": of(item, "current", False),
                "parts": parts,
                "title": ", ".join(said),
                "total": _figure(sum(stack), currency),
                "sum": f"{sum(stack):.2f}".removesuffix(".00"),
                "range": likely,
                "mark": line,
            }
        )
    return {
        "items": drawn,
        "caption": caption,
        "height": height,
        "legend": [{"label": label, "tone": tone} for label, tone in legend.items()],
        "ticks": [{"at": round(100 * tick / top, 2), "label": _short_figure(tick, currency)} for tick in ticks],
        "has_range": any(item["range"] for item in drawn),
        "has_mark": any(item["mark"] for item in drawn),
        "mark_label": mark,
    }


def _range(low: float, high: float, top: float, currency: str) -> dict[str, Any]:
    text = f"{_figure(low, currency)} to {_figure(high, currency)}"
    return {"bottom": round(100 * low / top, 2), "height": round(100 * (high - low) / top, 2), "text": text}


def _mark(value: Any, top: float, currency: str) -> dict[str, Any] | None:
    return {"bottom": round(100 * float(value) / top, 2), "text": _figure(value, currency)} if value else None


def scale(highest: float) -> tuple[float, list[float]]:
    """A round top for an axis and three or four round ticks below it."""
    if highest <= 0:
        return 1.0, []
    step = highest / 4
    power = 10 ** int(log10(step)) if step >= 1 else 1
    step = next((power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= step), power * 10)
    steps = ceil(highest / step)
    return step * steps, [step * number for number in range(1, steps + 1)]


def _figure(value: Any, currency: str) -> str:
    return money_text(Decimal(str(value)), currency) if currency else f"{round(float(value)):,}"


def _short_figure(value: Any, currency: str) -> str:
    return money_text(Decimal(str(value)), currency, compact=True) if currency else compact_text(Decimal(str(value)))
