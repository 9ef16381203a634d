"""The funnel, as its pages count it."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from api.forecasts import money
from api.views.base import REFUSALS, View
from core.errors import Refused
from reports import queries
from reports.attribution import MODELS, WHOLE
from reports.queries.comparison import Compared
from reports.queries.costs import Campaign
from reports.queries.steps import KEYS
from reports.queries.wanted import DIVISIONS, PERIODS, Wanted
from reports.services.journeys import main_currency
from reports.spread import Spread
from users.roles import Can

_REFUSED = {code: REFUSALS[code] for code in (400, 401, 403, 429)}
_MONTHS = OpenApiParameter("months", int, enum=PERIODS, description="How many months, this one included; 12.")
_REACHED = OpenApiParameter("reached", str, enum=KEYS[1:], description="The step that is looked at; won.")


class SpreadOut(serializers.Serializer[Any]):
    """Whole days; half of the people lie between the quartiles."""

    people = serializers.IntegerField()
    low = serializers.IntegerField()
    median = serializers.IntegerField()
    high = serializers.IntegerField()


class StepOut(serializers.Serializer[Any]):
    """A step: who reached it, of whom, and how long it took. Shared people count in part."""

    step = serializers.ChoiceField(KEYS)
    people = serializers.FloatField()
    of_before = serializers.FloatField(allow_null=True, help_text="Share of the step before; null of nobody.")
    low = serializers.FloatField(allow_null=True, help_text="Lower end of its 95 % interval (Wilson).")
    high = serializers.FloatField(allow_null=True)
    before = serializers.IntegerField(allow_null=True, help_text="People of as many months before.")
    days = SpreadOut(allow_null=True)


class FunnelRowOut(serializers.Serializer[Any]):
    """A part of the division, or a month."""

    key = serializers.CharField()
    name = serializers.CharField()
    steps = StepOut(many=True)


class FunnelOut(serializers.Serializer[Any]):
    """The whole funnel."""

    at = serializers.DateTimeField(allow_null=True, help_text="When it was brought up to date.")
    proved_at = serializers.DateTimeField(allow_null=True, help_text="When it was last held against the facts.")
    total = FunnelRowOut()
    parts = FunnelRowOut(many=True)
    months = FunnelRowOut(many=True)
    skipped = serializers.IntegerField()
    sent_back = serializers.IntegerField()
    came_again = serializers.IntegerField()


def _checked(request: Request) -> Wanted:
    """What the address asks for; what it asks wrongly is refused, not passed over."""
    allowed = {"months": [str(one) for one in PERIODS], "by": list(DIVISIONS), "touch": MODELS, "reached": KEYS}
    for name, values in allowed.items():
        given = request.query_params.get(name)
        if given is not None and given not in values:
            raise Refused(**{name: f"One of {', '.join(values)}."})
    wanted = Wanted.parse(request.query_params)
    if wanted.wrong:
        raise Refused(**{name: f"There is no “{value}”." for name, value in wanted.wrong})
    return wanted


def _spread(spread: Spread | None) -> dict[str, int] | None:
    if spread is None:
        return None
    return {"people": spread.people, "low": spread.low, "median": spread.median, "high": spread.high}


def _step(one: "queries.Reached") -> dict[str, Any]:
    rate = one.rate if one.before else None
    low, high = rate.interval if rate else (None, None)
    return {
        "step": one.step.key,
        "people": one.parts / WHOLE,
        "of_before": rate.value if rate else None,
        "low": low,
        "high": high,
        "before": one.former,
        "days": _spread(one.spread),
    }


def _row(row: "queries.Row") -> dict[str, Any]:
    key = f"{row.month:%Y-%m}" if row.month else row.key
    return {"key": key, "name": row.label, "steps": [_step(one) for one in row.steps]}


class _OfFunnel(View):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.caller().can(Can.SEE_FUNNEL):
            raise PermissionDenied("Your role does not see the funnel.")


@extend_schema(tags=["Funnel"])
class FunnelNumbers(_OfFunnel):
    """How far the people of some months have got."""

    @extend_schema(
        operation_id="get_funnel",
        summary="Step by step, divided as you ask, and by month",
        parameters=[
            _MONTHS,
            OpenApiParameter("by", str, enum=list(DIVISIONS), description="How people are divided; source."),
            OpenApiParameter("touch", str, enum=MODELS, description="How channels and campaigns share them; first."),
        ],
        responses={200: FunnelOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        made = queries.funnel(_checked(request), now=timezone.now())
        marks = {name: mark.count for name, mark in made.marks.items()}
        return Response(
            {
                "at": made.at,
                "proved_at": made.kept.proved_at,
                "total": _row(made.total),
                "parts": [_row(row) for row in made.parts],
                "months": [_row(row) for row in made.months],
                **marks,
            }
        )


class CohortOut(serializers.Serializer[Any]):
    """A month's people; `reached[n]` had got to the step by the end of their month n."""

    month = serializers.CharField()
    people = serializers.IntegerField()
    reached = serializers.ListField(child=serializers.IntegerField())


class AgeOut(serializers.Serializer[Any]):
    """The share that gets to the step by an age, "not yet" counted as open (Kaplan-Meier), with its 95 % interval."""

    age = serializers.IntegerField()
    at_risk = serializers.IntegerField()
    reached = serializers.IntegerField()
    share = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class CohortsOut(serializers.Serializer[Any]):
    """Cohorts by month."""

    step = serializers.ChoiceField(KEYS)
    cohorts = CohortOut(many=True)
    by_age = AgeOut(many=True)


@extend_schema(tags=["Funnel"])
class FunnelCohorts(_OfFunnel):
    """How many of each month's people had got to a step by which age."""

    @extend_schema(
        operation_id="get_funnel_cohorts",
        summary="Cohorts by age",
        parameters=[_MONTHS, _REACHED],
        responses={200: CohortsOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        found = queries.cohorts(_checked(request), now=timezone.now())
        return Response(
            {
                "step": found.step.key,
                "cohorts": [
                    {"month": f"{row.month:%Y-%m}", "people": row.size, "reached": [one.count for one in row.cells]}
                    for row in found.rows
                ],
                "by_age": [
                    {name: getattr(one, name) for name in ("age", "at_risk", "reached", "share", "low", "high")}
                    for one in found.table
                ],
            }
        )


class CountedOut(serializers.Serializer[Any]):
    """So many came, so many of them got to the step."""

    came = serializers.IntegerField()
    got = serializers.IntegerField()


class ComparedOut(serializers.Serializer[Any]):
    """A source, or all: difference = volume + mix + rate, in people, to a tenth."""

    key = serializers.CharField(help_text="Empty: all.")
    name = serializers.CharField()
    before = CountedOut()
    now = CountedOut()
    difference = serializers.IntegerField()
    volume = serializers.FloatField(help_text="More or fewer came.")
    mix = serializers.FloatField(help_text="Its share of those who came changed.")
    rate = serializers.FloatField(help_text="They got further, or less far.")


class ComparisonOut(serializers.Serializer[Any]):
    """The last full months against as many before, the newest first, at the same age."""

    step = serializers.ChoiceField(KEYS)
    months = serializers.ListField(child=serializers.CharField())
    months_before = serializers.ListField(child=serializers.CharField())
    total = ComparedOut()
    sources = ComparedOut(many=True)


@extend_schema(tags=["Funnel"])
class FunnelComparison(_OfFunnel):
    """Why a number is not what it was."""

    @extend_schema(
        operation_id="get_funnel_comparison",
        summary="A period against the one before, explained by volume, mix and rate",
        parameters=[_MONTHS, _REACHED],
        responses={200: ComparisonOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        found = queries.comparison(_checked(request), now=timezone.now())
        return Response(
            {
                "step": found.step.key,
                "months": [f"{month:%Y-%m}" for month in found.months],
                "months_before": [f"{month:%Y-%m}" for month in found.former],
                "total": _compared(found.whole),
                "sources": [_compared(one) for one in found.parts],
            }
        )


def _compared(one: Compared) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.label,
        "before": {"came": one.before.came, "got": one.before.got},
        "now": {"came": one.after.came, "got": one.after.got},
        "difference": one.difference,
        **{name: getattr(one, name) / 10 for name in ("volume", "mix", "rate")},
    }


class CampaignOut(serializers.Serializer[Any]):
    """A campaign, or all whose cost is known; an unknown cost is null, which is not zero."""

    key = serializers.CharField(help_text="Empty: no campaign, or all of them.")
    name = serializers.CharField()
    cost = serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True)
    leads = serializers.FloatField()
    prospects = serializers.FloatField()
    customers = serializers.FloatField()
    won = serializers.DecimalField(max_digits=18, decimal_places=2)
    times_back = serializers.FloatField(allow_null=True, help_text="Won, for each unit of cost.")


class CostsOut(serializers.Serializer[Any]):
    """Costs and return by campaign."""

    currency = serializers.CharField()
    left_out = serializers.ListField(child=serializers.CharField(), help_text="Currencies that are in no sum.")
    total = CampaignOut()
    campaigns = CampaignOut(many=True)


@extend_schema(tags=["Funnel"])
class FunnelCosts(_OfFunnel):
    """What campaigns cost and brought."""

    @extend_schema(
        operation_id="get_funnel_costs",
        summary="Costs and return by campaign",
        parameters=[
            _MONTHS,
            OpenApiParameter("touch", str, enum=MODELS, description="How campaigns share people; first."),
        ],
        responses={200: CostsOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        found = queries.costs(_checked(request), now=timezone.now(), currency=main_currency())
        return Response(
            {
                "currency": found.currency,
                "left_out": found.others,
                "total": _campaign(found.total),
                "campaigns": [_campaign(one) for one in found.campaigns],
            }
        )


def _campaign(one: Campaign) -> dict[str, Any]:
    leads, prospects, customers = (figure.parts / WHOLE for figure in one.figures)
    people = {"leads": leads, "prospects": prospects, "customers": customers}
    money_back = None if one.back is None else float(one.back)
    return {"key": one.key, "name": one.label, "cost": money(one.cost), **people} | {
        "won": money(one.revenue),
        "times_back": money_back,
    }
