"""What they told us about budget, authority, need and timeline."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from core.errors import Refused
from leads import normalise, signals
from leads.models import ChangedContact, Contact, Criterion, EngagementEvent, Evidence, Verdict
from users.models import User


def _end_of_validity(observed_at: datetime, valid_days: int) -> datetime:
    """The UTC midnight after the last valid day, so that an answer stands or not for whole days, as scores count."""
    midnight = observed_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=valid_days + 1)


@transaction.atomic
def record_evidence(
    *,
    contact: Contact,
    criterion: Criterion,
    verdict: Verdict | str,
    now: datetime,
    text: str = "",
    amount: Decimal | None = None,
    on_date: date | None = None,
    quote: str = "",
    recorded_by: User | None = None,
    event: EngagementEvent | None = None,
    source: str = "manual",
    confidence: int = 100,
    observed_at: datetime | None = None,
) -> Evidence:
    """One more answer to a criterion; the newest unexpired one stands. Refused when nothing backs the verdict."""
    text, quote = normalise.line(text), normalise.text(quote)
    if not (text or quote or amount is not None or on_date):
        raise Refused(
            quote="Write what they said, or give an amount, a date or a role: a verdict needs something behind it."
        )
    if len(text) > 300:
        raise Refused(text="At most 300 characters; put longer words into the quote.")
    if len(quote) > 5000:
        raise Refused(quote="At most 5,000 characters; quote the sentence that matters.")
    if amount is not None and not 0 <= amount < 10**12:
        raise Refused(amount="An amount is between 0 and 999,999,999,999.")
    title = contact.job_title.casefold()
    if criterion.key == "authority" and not quote and amount is None and title and text.casefold() == title:
        raise Refused(
            quote="A job title alone is not authority. Write what they said or did that shows they can decide."
        )
    observed_at = observed_at or now
    if observed_at > now:
        raise Refused(observed_at="This is in the future.")
    evidence = Evidence.objects.create(
        contact=contact,
        criterion=criterion,
        verdict=verdict,
        text=text,
        amount=amount,
        on_date=on_date,
        quote=quote,
        event=event,
        recorded_by=recorded_by,
        source=source,
        confidence=confidence,
        observed_at=observed_at,
        recorded_at=now if observed_at < now else None,
        expires_at=_end_of_validity(observed_at, criterion.valid_days),
    )
    ChangedContact.objects.create(contact_id=contact.pk)
    signals.evidence_recorded.send(sender=None, contact_ids=[contact.pk])
    return evidence
