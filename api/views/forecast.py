from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.views.base import REFUSALS, View
from core.errors import Refused
from pipeline.periods import Period, Unit, parse, period_of
from pipeline.queries import NOBODY, Filters
from pipeline.waterfall import LABELS
from reports.queries.accuracy import accuracy
from reports.queries.changes import changes
from reports.queries.figures import Month
from reports.queries.forecast import forecast
from reports.queries.leads_through import leads_through
from reports.views.changes import main_currency
from users.models import Team, User
from users.roles import Can

_REFUSED = {code: REFUSALS[code] for code in (400, 401, 429)}
_OWNER = OpenApiParameter("owner", str, description="E-mail address of a colleague, or `none` for what nobody owns.")
_TEAM = OpenApiParameter("team", str, description="Name of a team.")
_CURRENCY = OpenApiParameter("currency", str, description="Three letters; currencies are never added up.")


def _money(amount: Decimal | None) -> str | None:
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


class ForecastOut(serializers.Serializer[Any]):
    """The forecast in one currency."""

    currency = serializers.CharField()
    periods = PeriodOut(many=True)
    overdue = _amount(help_text="Weighted, expected before today and still open.")
    later = _amount(help_text="Weighted, expected after the periods.")
    undated = _amount(help_text="Weighted, without a day.")
    rests_on = serializers.IntegerField(allow_null=True, help_text="Ended opportunities that the ranges rest on.")


class ChangeOut(serializers.Serializer[Any]):
    """What one opportunity did to the sum."""

    opportunity = serializers.IntegerField()
    change = serializers.ChoiceField([(kind.value, label) for kind, label in LABELS.items()])
    amount = _amount()


class ChangesOut(serializers.Serializer[Any]):
    """The sum of one day, every change, and the sum of the other day: they add up."""

    currency = serializers.CharField()
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


class _OfForecast(View):
    needs = Can.WORK_PIPELINE

    def wanted(self) -> Filters:
        """Whose forecast; Refused when the address asks for what there is not."""
        asked, owner, team = self.request.GET, "", None
        if "owner" in asked:
            address = asked["owner"].strip().lower().replace("\0", "")
            found = User.objects.filter(email=address).first()
            if found is None and address != "none":
                raise Refused(owner="No colleague has this address. Write none for what nobody owns.")
            owner = str(found.pk) if found else NOBODY
        if "team" in asked:
            named = Team.objects.filter(name=asked["team"].replace("\0", "")).first()
            if named is None:
                raise Refused(team="There is no such team.")
            team = named.pk
        return Filters(owner=owner, team=team, currency=Filters.parse(asked).currency)

    def day(self, name: str, otherwise: date) -> date:
        text = self.request.GET.get(name, "")
        if not text:
            return otherwise
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
        if not 2000 <= day.year <= 2199:
            raise Refused(**{name: "Write a day as 2026-03-31."})
        return day


def _period_out(month: Month) -> dict[str, Any]:
    likely = month.likely
    return {
        "period": month.period.key,
        "starts": month.period.start.isoformat(),
        "closed": _money(month.closed.amount),
        "commit": _money(month.commit.amount),
        "best_case": _money(month.best.amount),
        "pipeline": _money(month.early.amount),
        "weighted": _money(month.total),
        "open": month.open.count,
        "without_amount": month.open.unknown,
        "quota": _money(month.quota),
        "likely": {"p10": _money(likely.low), "p50": _money(likely.middle), "p90": _money(likely.high)}
        if likely
        else None,
    }


@extend_schema(tags=["Forecast"])
class ForecastNow(_OfForecast):
    """The forecast as it is now."""

    @extend_schema(
        operation_id="get_forecast",
        summary="The forecast by month, quarter or year",
        parameters=[OpenApiParameter("unit", str, enum=[unit.value for unit in Unit]), _OWNER, _TEAM, _CURRENCY],
        responses={200: ForecastOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        unit = request.query_params.get("unit", Unit.MONTH.value)
        if unit not in {one.value for one in Unit}:
            raise Refused(unit=f"One of {', '.join(Unit)}.")
        people = User.objects.filter(is_active=True)
        whole = forecast(self.caller(), self.wanted(), now=timezone.now(), people=people, unit=Unit(unit))
        return Response(
            {
                "currency": whole.currency,
                "periods": [_period_out(month) for month in whole.months],
                "overdue": _money(whole.overdue.weighted),
                "later": _money(whole.beyond.weighted),
                "undated": _money(whole.undated.weighted),
                "rests_on": whole.rests_on.closed_deals if whole.rests_on else None,
            }
        )


@extend_schema(tags=["Forecast"])
class ForecastChanges(_OfForecast):
    """What changed between two days of the record."""

    @extend_schema(
        operation_id="get_forecast_changes",
        summary="The waterfall between two days, opportunity by opportunity",
        parameters=[
            OpenApiParameter("from", OpenApiTypes.DATE, description="A week ago when left out."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Today when left out."),
            OpenApiParameter("period", str, description="2026-06, 2026-Q2, 2026 or `all`; this quarter when left out."),
            _OWNER,
            _TEAM,
            _CURRENCY,
        ],
        responses={200: ChangesOut, **_REFUSED, 404: REFUSALS[404]},
    )
    def get(self, request: Request) -> Response:
        today = timezone.now().date()
        named, opens = request.query_params.get("period", ""), settings.FISCAL_YEAR_START
        period: Period | None = None
        if named != "all":
            period = parse(named, opens) if named else period_of(today, Unit.QUARTER, opens)
            if period is None:
                raise Refused(period="Write a period as 2026-06, 2026-Q2 or 2026, or all.")
        wanted = self.wanted()
        first, last = self.day("from", today - timedelta(days=7)), self.day("to", today)
        if first > last:
            raise Refused(to="This day is before the other one.")
        currency = wanted.currency or main_currency()
        found = changes(self.caller(), wanted, first=first, last=last, period=period, currency=currency)
        if found is None:
            raise Refused(**{"from": "The record does not reach that far back."})
        return Response(
            {
                "currency": found.currency,
                "period": period.key if period else None,
                "from_day": found.first_day.isoformat(),
                "to_day": found.last_day.isoformat(),
                "from_amount": _money(found.first),
                "to_amount": _money(found.last),
                "changes": [
                    {
                        "opportunity": row.change.deal,
                        "change": row.change.kind.value,
                        "amount": _money(row.change.amount),
                    }
                    for row in found.of("")
                ],
            }
        )


@extend_schema(tags=["Forecast"])
class ForecastAccuracy(_OfForecast):
    """How right the forecast was."""

    @extend_schema(
        operation_id="get_forecast_accuracy",
        summary="What snapshots said of past months, and what came",
        parameters=[_OWNER, _TEAM, _CURRENCY],
        responses={200: AccuracyOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        wanted = self.wanted()
        currency = wanted.currency or main_currency()
        found = accuracy(self.caller(), wanted, now=timezone.now(), currency=currency)
        return Response(
            {
                "currency": currency,
                "record_begins": found.first_snapshot.isoformat() if found.first_snapshot else None,
                "months": [
                    {
                        "month": f"{row.month:%Y-%m}",
                        "months_before": horizon.ahead,
                        "came": _money(row.came),
                        "said": {method: _money(amount) for method, amount in row.said.items()},
                        "p10": _money(row.low),
                        "p90": _money(row.high),
                        "covered": row.is_covered,
                    }
                    for horizon in found.horizons
                    for row in horizon.months
                ],
            }
        )


@extend_schema(tags=["Forecast"])
class ForecastLeads(_OfForecast):
    """What leads will bring."""

    @extend_schema(
        operation_id="get_forecast_from_leads",
        summary="New leads × conversion × wins × size, by month",
        parameters=[_CURRENCY],
        responses={200: LeadsOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        currency = self.wanted().currency or main_currency()
        found = leads_through(currency)
        outlook = found.outlook if found else None
        return Response(
            {
                "currency": currency,
                "leads_a_month": outlook.leads_a_month if outlook else None,
                "conversion": outlook.lead_conversion if outlook else None,
                "win_rate": outlook.win_rate if outlook else None,
                "deal_size": outlook.deal_size if outlook else None,
                "months": [
                    {
                        "period": period.key,
                        "p10": _money(likely.low),
                        "p50": _money(likely.middle),
                        "p90": _money(likely.high),
                    }
                    for period, likely in (found.months if found else [])
                ],
            }
        )
