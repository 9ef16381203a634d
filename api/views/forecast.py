from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.forecasts import AccuracyOut, ChangesOut, ForecastOut, LeadsOut, money, owner_out, period_out, rolled_out
from api.views.base import REFUSALS, View
from core.errors import Refused
from pipeline.periods import Period, Unit, parse, period_of
from pipeline.queries import NOBODY, Filters
from pipeline.queries.currencies import reporting_currency
from pipeline.views.filtering import sellers
from reports.queries.accuracy import accuracy
from reports.queries.changes import changes
from reports.queries.forecast import forecast
from reports.queries.leads_through import leads_through
from reports.queries.record import counted_for
from reports.views.changes import main_currency
from users.models import Team, User
from users.roles import Can

_REFUSED = {code: REFUSALS[code] for code in (400, 401, 429)}
_OWNER = OpenApiParameter("owner", str, description="E-mail address of a colleague, or `none` for what nobody owns.")
_TEAM = OpenApiParameter("team", str, description="Name of a team.")
_CURRENCY = OpenApiParameter("currency", str, description="Three letters; other currencies are left out.")

_TOGETHER = OpenApiParameter(
    "together",
    str,
    enum=["yes"],
    description="All currencies in the reporting one, where there is such; without quotas and managers' figures. "
    "The forecast has one range for all where no rate is missing; past ranges are of one currency.",
)


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
        parsed = Filters.parse(asked)
        if "currency" in dict(parsed.wrong):
            raise Refused(currency="Write a currency in three letters, such as EUR.")
        wanted = Filters(owner=owner, team=team, currency=parsed.currency)
        meant = counted_for(self.caller(), wanted)
        if owner and team is not None:
            raise Refused(team="Name a person or a team, not both.")
        for name in ("owner", "team"):
            if getattr(wanted, name) and getattr(meant, name) != getattr(wanted, name):
                raise Refused(**{name: "You may ask for your own team and the people in it."})
        return meant

    def together(self) -> bool:
        """Whether all currencies are wanted in one."""
        asked = self.request.GET.get("together", "")
        if asked not in ("", "yes"):
            raise Refused(together="Write yes, or leave it out.")
        return asked == "yes"

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


@extend_schema(tags=["Forecast"])
class ForecastNow(_OfForecast):
    """The forecast as it is now."""

    @extend_schema(
        operation_id="get_forecast",
        summary="The forecast by month, quarter or year",
        parameters=[
            OpenApiParameter("unit", str, enum=[unit.value for unit in Unit]),
            _OWNER,
            _TEAM,
            _CURRENCY,
            _TOGETHER,
        ],
        responses={200: ForecastOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        unit = request.query_params.get("unit", Unit.MONTH.value)
        if unit not in {one.value for one in Unit}:
            raise Refused(unit=f"One of {', '.join(Unit)}.")
        people = sellers(self.caller())
        whole = forecast(
            self.caller(),
            self.wanted(),
            now=timezone.now(),
            people=people,
            unit=Unit(unit),
            together=self.together(),
        )
        return Response(
            {
                "currency": whole.currency,
                "unrated": whole.unrated,
                "periods": [period_out(month) for month in whole.months],
                "overdue": money(whole.overdue.weighted),
                "later": money(whole.beyond.weighted),
                "undated": money(whole.undated.weighted),
                "owners": [owner_out(seller) for seller in whole.sellers],
                **rolled_out(whole.rolled, people),
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
            _TOGETHER,
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
        ours = reporting_currency() if self.together() else ""
        found = changes(
            self.caller(),
            wanted,
            first=first,
            last=last,
            period=period,
            currency=ours or wanted.currency or main_currency(),
            together=bool(ours),
        )
        if found is None:
            raise Refused(**{"from": "The record does not reach that far back."})
        return Response(
            {
                "currency": found.currency,
                "unrated": list(found.unrated),
                "period": period.key if period else None,
                "from_day": found.first_day.isoformat(),
                "to_day": found.last_day.isoformat(),
                "from_amount": money(found.first),
                "to_amount": money(found.last),
                "changes": [
                    {
                        "opportunity": row.change.deal,
                        "change": row.change.kind.value,
                        "amount": money(row.change.amount),
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
        parameters=[_OWNER, _TEAM, _CURRENCY, _TOGETHER],
        responses={200: AccuracyOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        wanted = self.wanted()
        ours = reporting_currency() if self.together() else ""
        currency = ours or wanted.currency or main_currency()
        found = accuracy(self.caller(), wanted, now=timezone.now(), currency=currency, together=bool(ours))
        return Response(
            {
                "currency": currency,
                "unrated": list(found.unrated),
                "record_begins": found.first_snapshot.isoformat() if found.first_snapshot else None,
                "months": [
                    {
                        "month": f"{row.month:%Y-%m}",
                        "months_before": horizon.ahead,
                        "came": money(row.came),
                        "said": {method: money(amount) for method, amount in row.said.items()},
                        "p10": money(row.low),
                        "p90": money(row.high),
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
                        "p10": money(likely.low),
                        "p50": money(likely.middle),
                        "p90": money(likely.high),
                    }
                    for period, likely in (found.months if found else [])
                ],
            }
        )
