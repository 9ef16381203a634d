"""What the name of a column tells about when it is known, read word by word: “webinarAttended” has no “ended” in it."""

import re

_AFTERWARDS = re.compile(
    r"^duration( (s|sec|secs|seconds|ms|min|mins|minutes))?$"
    r"|\b(call|talk|conversation|phone) (duration|length|time|seconds|minutes)\b|\b(last|contact) duration\b"
    r"|\b(outcome|results?|lost|won|win|tags?|signature|invoiced?|churn(ed)?|cancell?(ed|ation)|disposition)\b"
    r"|\b(converted|conversion|(lead|deal|opportunity) (quality|status|stage))\b|^(quality|status|stage|paid.*)$"
    r"|\b(lost|won|loss|churn|cancellation|rejection|closing|close|closed) reason\b|^reason$"
    r"|\bclos(e|ed|ing)\b|\bcontract (date|value|amount|signed|number|id|start|end)\b|\blast notable\b"
    r"|^(purchase|order) (date|value|amount|total|number|id)$|\b(final|actual) (amount|value|price|date)\b"
)
_ENDING = re.compile(
    r"\b(clos(e|ed|ing)|won|lost|sign(ed|ing)?|end(ed)?) (date|at|on|day|time|value|amount|reason)$"
    r"|\b(closed|won|lost)$|^(lost|win|won)\b"
)
_BEFOREHAND = re.compile(
    r"\b(previous(ly)?|prev|prior|past|former|earlier|before|history|historic(al)?|lifetime|average|avg|mean"
    r"|expected|planned|target|search|visits?|sessions?|pages?|web|site|website)\b"
)


def is_of_the_end(name: str) -> bool:
    """Whether it is plainly filled in when it is over: a closing date, the amount that was won."""
    return _speaks_of(name, _ENDING)


def speaks_of_later(name: str) -> bool:
    """Whether it may be about the sale itself or what came after: the call's duration, a conversion."""
    return _speaks_of(name, _AFTERWARDS)


def _speaks_of(name: str, what: re.Pattern[str]) -> bool:
    words = " ".join(re.findall(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+|\d+", name)).lower()
    return what.search(words) is not None and _BEFOREHAND.search(words) is None
