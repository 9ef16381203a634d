"""What people say about budget, authority, need and timeline."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from crm.demo import words
from crm.demo.plan import Answer, Person

CRITERIA = ("budget", "authority", "need", "timeline")
# the answers that definition v1 takes; the demo's own people also give others
ACCEPTED = {"budget": ("meets", "weak"), "authority": ("meets",), "need": ("meets",), "timeline": ("meets", "weak")}
SOURCES = {"budget": "call", "authority": "meeting", "need": "form:demo", "timeline": "reply"}


def rough_amount(rng: Random, person: Person, growth: float = 1.0) -> Decimal:
    """What a company of this size would spend in a year, in round numbers; deals have grown over the year."""
    people = (person.firm.employees if person.firm else None) or 60
    value = (3600 + 165 * people**0.82 * rng.uniform(0.7, 1.4)) * growth
    step = 500 if value < 20_000 else 1000 if value < 60_000 else 5000
    return Decimal(int(min(value, 180_000) // step * step))


def answer(rng: Random, person: Person, criterion: str, verdict: str, at: datetime) -> Answer:
    """One piece of evidence with a quote."""
    short, quote = rng.choice(words.QUOTES[criterion][verdict])
    amount = rough_amount(rng, person) if "{amount}" in quote else None
    on_date = (at + timedelta(days=rng.randrange(40, 190))).date() if "{date}" in quote else None
    said = quote.format(
        amount=f"{amount:,.0f} euros" if amount else "", date=f"{on_date.day} {on_date:%B}" if on_date else ""
    )
    return Answer(criterion, verdict, at, short, said, amount, on_date, SOURCES[criterion])


def good(rng: Random, person: Person, criterion: str, at: datetime) -> Answer:
    """One that the definition accepts."""
    accepted = ACCEPTED[criterion]
    verdict = "weak" if "weak" in accepted and rng.random() < 0.3 else "meets"
    return answer(rng, person, criterion, verdict, at)


def not_good(rng: Random, person: Person, criterion: str, at: datetime) -> Answer:
    """One that the definition does not accept."""
    verdicts = [verdict for verdict in ("weak", "fails") if verdict not in ACCEPTED[criterion]]
    return answer(rng, person, criterion, rng.choice(verdicts), at)
