"""What people said about consent beside forms, and addresses that nobody writes to."""

from datetime import datetime, timedelta

from leads.models import Contact, Lifecycle, OwnerChange, Purpose, SuppressionReason
from leads.services import record_consent, suppress
from users.models import User

_DOMAINS = ("larchgate.example", "old-mill.example")
BOUNCED = [f"{name}@{domain}" for domain in _DOMAINS for name in ("info", "sales", "jm")]
COMPLAINED = ["noreply@birch-quay.example", "+49 30 5550199"]


def ask_and_suppress(midnight: datetime) -> None:
    """A mailing that bounced, a complaint, and what a few leads told a rep or chose themselves."""
    marketer = User.objects.filter(role="marketer").order_by("pk").first()
    rep = User.objects.filter(role="rep").order_by("pk").first()
    suppress(
        BOUNCED,
        reason=SuppressionReason.BOUNCED,
        note="Demo: bounces of the spring mailing",
        now=midnight - timedelta(days=41),
        actor=marketer,
    )
    suppress(
        COMPLAINED,
        reason=SuppressionReason.COMPLAINT,
        note="Demo: wrote to us",
        now=midnight - timedelta(days=12),
        actor=marketer,
    )
    people = list(Contact.objects.filter(is_demo=True, standing__lifecycle=Lifecycle.PROSPECT).order_by("pk")[:6])
    for number, contact in enumerate(people):
        at = midnight - timedelta(days=3 + number, hours=14 + number)
        record_consent(
            contact=contact,
            purpose=Purpose.CALLS,
            given=number != 3,
            now=at,
            source="On the phone",
            recorded_by=rep,
        )
        if number % 3 == 1:
            record_consent(
                contact=contact,
                purpose=Purpose.MARKETING,
                given=True,
                now=at,
                source="form:newsletter",
                wording="You may send me news and offers by e-mail.",
                is_pending=True,
            )
        OwnerChange.objects.create(
            contact=contact, to_owner_id=contact.standing.owner_id, at=at - timedelta(days=1), actor=marketer
        )
