"""What the API says of the forecast."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from pipeline.rollup import Rolled, Sum
from pipeline.waterfall import LABELS
from reports.queries.figures import Month, Seller
from users.models import User


def money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _amount(**more: Any) -> Any:
    return serializers.DecimalField(max_digits=18, decimal_places=2, **more)


class RangeOut(serializers.Serializer[Any]):
    """Four in five simulated futures lie between p10 and p90."""

    p10 = _amount()
    p50 = _amount()
    p90 = _amount()


class PeriodOut(serializers.Serializer[Any]):
    """A month (2026-06), a quarter (2026-Q2) or a year (2026). Commit, best case and pipeline in full."""

    period = serializers.CharField()
    starts = serializers.DateField()
    closed = _amount()
    commit = _amount()
    best_case = _amount()
    pipeline = _amount()
    weighted = _amount(help_text="Closed, and all that is open times the probability of its stage.")
    open = serializers.IntegerField()
    without_amount = serializers.IntegerField()
    quota = _amount(allow_null=True)
    likely = RangeOut(allow_null=True)


class CallOut(serializers.Serializer[Any]):
    """What a manager makes of it, beside what the opportunities say."""

    amount = _amount()
    note = serializers.CharField()
    by = serializers.CharField()


class OwnerOut(serializers.Serializer[Any]):
    """An owner's current period, and what is open beside it, weighted."""

    owner = serializers.EmailField(allow_null=True, help_text="null: nobody, or somebody who no longer sells.")
    name = serializers.CharField()
    team = serializers.CharField(allow_null=True)
    closed = _amount()
    commit = _amount()
    best_case = _amount()
    pipeline = _amount()
    weighted = _amount(help_text="Closed, and what is open and due in the period times its probability.")
    quota = _amount(allow_null=True)
    overdue = _amount()
    undated = _amount()
    all_open = _amount()
    called = CallOut(allow_null=True)


class RolledOut(serializers.Serializer[Any]):
    """Closed and commit of the current period, and beside it the same with managers' figures in it."""

    team = serializers.CharField(allow_null=True, help_text="null: without a team.")
    original = _amount()
    adjusted = _amount(allow_null=True, help_text="null: no manager has put a figure beside it.")


class ForecastOut(serializers.Serializer[Any]):
    """The forecast in one currency."""

    currency = serializers.CharField()
    unrated = serializers.ListField(
        child=serializers.CharField(), help_text="With `together`: currencies that are not in it, for want of a rate."
    )
    periods = PeriodOut(many=True)
    overdue = _amount(help_text="Weighted, expected before today and still open.")
    later = _amount(help_text="Weighted, expected after the periods.")
    undated = _amount(help_text="Weighted, without a day.")
    owners = OwnerOut(many=True)
    teams = RolledOut(many=True, help_text="Empty with `together`: a manager's figure is of one currency.")
    original = _amount(allow_null=True, help_text="Closed and commit of the current period; null with `together`.")
    adjusted = _amount(allow_null=True, help_text="The same with managers' figures; null: there are none.")
    rests_on = serializers.IntegerField(allow_null=True, help_text="Ended opportunities that the ranges rest on.")


class ChangeOut(serializers.Serializer[Any]):
    """What one opportunity did to the sum."""

    opportunity = serializers.IntegerField()
    change = serializers.ChoiceField([(kind.value, label) for kind, label in LABELS.items()])
    amount = _amount()


class ChangesOut(serializers.Serializer[Any]):
    """The sum of one day, every change, and the sum of the other day: they add up."""

    currency = serializers.CharField()
    unrated = serializers.ListField(
        child=serializers.CharField(), help_text="With `together`: without a rate, left out."
    )
    period = serializers.CharField(allow_null=True)
    from_day = serializers.DateField()
    to_day = serializers.DateField()
    from_amount = _amount()
    to_amount = _amount()
    changes = ChangeOut(many=True)


class MonthOut(serializers.Serializer[Any]):
    """What was said of a month so many months before it began, and what came."""

    month = serializers.CharField()
    months_before = serializers.IntegerField()
    came = _amount()
    said = serializers.DictField(child=_amount(), help_text="By method: commit, best, weighted, middle.")
    p10 = _amount(allow_null=True)
    p90 = _amount(allow_null=True)
    covered = serializers.BooleanField(allow_null=True)


class AccuracyOut(serializers.Serializer[Any]):
    """How right the forecast was."""

    currency = serializers.CharField()
    unrated = serializers.ListField(child=serializers.CharField(), help_text="Left out: no rate when it was said.")
    record_begins = serializers.DateField(allow_null=True)
    months = MonthOut(many=True)


class LeadsMonthOut(RangeOut):
    """One month."""

    period = serializers.CharField()


class LeadsOut(serializers.Serializer[Any]):
    """What comes from leads that are no opportunity yet."""

    currency = serializers.CharField()
    leads_a_month = serializers.FloatField(allow_null=True)
    conversion = serializers.FloatField(allow_null=True)
    win_rate = serializers.FloatField(allow_null=True)
    deal_size = serializers.FloatField(allow_null=True)
    months = LeadsMonthOut(many=True)


def owner_out(seller: Seller) -> dict[str, Any]:
    owner, call, now = seller.owner, seller.call, seller.now
    return {
        "owner": owner.email if owner else None,
        "name": seller.name,
        "team": str(owner.team) if owner and owner.team else None,
        "closed": money(now.closed.amount),
        "commit": money(now.commit.amount),
        "best_case": money(now.best.amount),
        "pipeline": money(now.early.amount),
        "weighted": money(now.total),
        "quota": money(now.quota),
        "overdue": money(seller.overdue.weighted),
        "undated": money(seller.undated.weighted),
        "all_open": money(seller.all.weighted),
        "called": {"amount": money(call.amount), "note": call.note, "by": call.by} if call else None,
    }


def rolled_out(rolled: Rolled | None, people: Iterable[User]) -> dict[str, Any]:
    """`people` are who may be in it, with their teams."""
    if rolled is None:
        return {"teams": [], "original": None, "adjusted": None}
    names: dict[Any, str] = {person.team_id: str(person.team) for person in people if person.team}
    return {
        "teams": [{"team": names.get(key), **_sum(one)} for key, one in rolled.teams.items()],
        **_sum(rolled.all),
    }


def _sum(one: Sum) -> dict[str, Any]:
    return {"original": money(one.original), "adjusted": money(one.adjusted) if one.is_adjusted else None}


def period_out(month: Month) -> dict[str, Any]:
    likely = month.likely
    return {
        "period": month.period.key,
        "starts": month.period.start.isoformat(),
        "closed": money(month.closed.amount),
        "commit": money(month.commit.amount),
        "best_case": money(month.best.amount),
        "pipeline": money(month.early.amount),
        "weighted": money(month.total),
        "open": month.open.count,
        "without_amount": month.open.unknown,
        "quota": money(month.quota),
        "likely": {"p10": money(likely.low), "p50": money(likely.middle), "p90": money(likely.high)}
        if likely
        else None,
    }
