"""What people fill in about tags, competitors, co-owners and fields of one's own; the services decide."""

from collections.abc import Iterable
from typing import Any

from django import forms

from leads.forms import CustomFieldsForm
from pipeline.models import Competitor, Opportunity
from users.models import User


class CompetitorForm(forms.Form):
    """Somebody who sells to the same people."""

    name = forms.CharField(label="Name", max_length=80)
    is_active = forms.BooleanField(
        label="Offered", required=False, initial=True, help_text="Where it is named, it stays either way."
    )


class DetailsForm(CustomFieldsForm):
    """Everything that is known beside the facts."""

    about = "opportunity"

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)
    tags = forms.CharField(label="Tags", required=False, max_length=1000, help_text="With commas between them.")
    competitors = forms.ModelMultipleChoiceField(
        Competitor.objects.none(), label="Competitors", required=False, widget=forms.CheckboxSelectMultiple
    )
    co_owners = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label="Co-owners",
        required=False,
        help_text="They see it and may change it; the forecast stays with the owner.",
    )

    def __init__(self, data: Any = None, *, opportunity: Opportunity, people: Iterable[User]) -> None:
        held = list(opportunity.co_owners.all())
        initial: dict[str, Any] = {
            "version": opportunity.version,
            "tags": ", ".join(opportunity.tags.values_list("name", flat=True)),
            "competitors": list(opportunity.competitors.all()),
            "co_owners": held,
        }
        initial |= {f"custom_{key}": value for key, value in opportunity.custom.items()}
        super().__init__(data, initial=initial)
        named = {one.pk for one in initial["competitors"]}
        offered = Competitor.objects.filter(is_active=True) | Competitor.objects.filter(pk__in=named)
        self.fields["competitors"].queryset = offered  # type: ignore[attr-defined]
        if not named and not offered.exists():
            del self.fields["competitors"]
        may = {one.pk for one in [*people, *held]} - {opportunity.owner_id}
        self.fields["co_owners"].queryset = (  # type: ignore[attr-defined]
            User.objects.filter(pk__in=may).order_by("name", "pk")
        )
