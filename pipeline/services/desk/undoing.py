"""The last thing done at the desk is taken back, exactly: what it made goes, what it changed is as it was."""

from datetime import datetime

from django.db import transaction

import capture.services as capture
import leads.services as leads
from activities.models import Activity, FollowUp
from core.errors import Refused
from core.locks import locked
from leads.models import Consent, Lifecycle, LifecycleChange, Standing
from pipeline import asking
from pipeline.models import DeskOutcome, HandOff, Promoted, Recycle
from pipeline.services.desk.placing import place
from pipeline.services.desk.taking import take_this
from pipeline.services.undoing import undo_promotion
from users.models import User


@transaction.atomic
def undo_last(*, actor: User, now: datetime, meant: int | None = None) -> DeskOutcome:
    """Take the person's newest outcome back, and turn to that lead again. Refused when others have built on it.

    `meant` is the outcome that the button was drawn for: pressed twice it is undone once, and nothing else instead.
    """
    User.objects.select_for_update(no_key=True).only("pk").get(pk=actor.pk)
    newest = (
        DeskOutcome.objects.standing().filter(by=actor, at__gt=now - asking.UNDO_FOR).order_by("-at", "-pk").first()
    )
    if meant is not None and (undone := DeskOutcome.objects.exclude(undone_at=None).filter(pk=meant, by=actor).first()):
        return undone
    if newest is None:
        raise Refused("There is nothing to undo: you have done nothing here in the last hour.")
    if meant not in (None, newest.pk):
        raise Refused("You have done something else since. Undo that first.")
    standing = next(iter(locked(Standing.objects.filter(pk=newest.contact_id))), None)
    outcome = next(iter(locked(DeskOutcome.objects.standing().filter(pk=newest.pk))), None)
    if standing is None or outcome is None:
        raise Refused("This was undone already.")
    made = outcome.made
    if made.get("opportunity") or (made.get("evidence") and standing.lifecycle != Lifecycle.LEAD):
        _take_back_promotion(outcome, standing, now=now, actor=actor)
    if made.get("change"):
        _take_back_step(outcome, standing)
    activities = Activity.objects.filter(pk=made.get("activity"))
    if made.get("evidence") or made.get("events"):
        activities.update(event=None)
        leads.remove_facts(evidence=made.get("evidence", ()), events=made.get("events", ()))
    activities.delete()
    FollowUp.objects.open().filter(pk=made.get("follow_up")).delete()
    Recycle.objects.waiting().filter(pk=made.get("recycle")).delete()
    if made.get("invitation"):
        capture.take_back_invitation(made["invitation"])  # what has left cannot be called back; the lead can
    if made.get("consents"):
        Consent.objects.filter(pk__in=made["consents"], contact=outcome.contact_id).delete()
    outcome.undone_at = now
    outcome.nonce = ""  # the page may still be the one it was done from: doing it otherwise is no double click
    outcome.save(update_fields=["undone_at", "nonce"])
    place([outcome.contact_id], now=now)
    take_this(outcome.contact_id, actor, now=now)
    return outcome


def _take_back_step(outcome: DeskOutcome, standing: Standing) -> None:
    """The step of the lifecycle never was, unless they have gone on since."""
    last = LifecycleChange.objects.filter(contact=outcome.contact_id).order_by("-at", "-pk").first()
    if last is None or last.pk != outcome.made["change"] or standing.lifecycle != last.to_stage:
        raise Refused("Somebody has changed what they are since; this can no longer be undone here.")
    leads.take_back_step(last)


def _take_back_promotion(outcome: DeskOutcome, standing: Standing, *, now: datetime, actor: User) -> None:
    """The promotion goes with what led to it: made by hand here, or by itself because of an answer."""
    offers = HandOff.objects.filter(contact=outcome.contact_id, offered_at__gte=outcome.at)
    if outcome.made.get("opportunity"):
        offers = offers.filter(opportunity=outcome.made["opportunity"])
    else:
        offers = offers.filter(promoted=Promoted.AUTOMATIC)
    offer = offers.order_by("-pk").first()
    if offer is None:
        raise Refused(
            f"They have become a {standing.get_lifecycle_display().lower()} otherwise since. Undo that on their page."
        )
    undo_promotion(hand_off_id=offer.pk, actor=actor, now=now, reason="undone at the desk")
