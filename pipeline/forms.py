"""What people fill in about opportunities and stages; the services decide whether it will do."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms

from pipeline.gate_forms import QUOTE, Answering
from pipeline.models import (
    Category,
    Competitor,
    LostReason,
    Opportunity,
    Pipeline,
    Priority,
    Stage,
    StageField,
    StageKind,
)
from pipeline.terms import LABELS
from users.models import Team, User

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def amount_field(**more: Any) -> forms.DecimalField:
    return forms.DecimalField(min_value=0, max_digits=14, decimal_places=2, **more)


class VersionForm(forms.Form):
    """Names the version that its reader has seen."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)


class WinForm(VersionForm, Answering):
    """What was agreed, and when."""

    amount = amount_field(label="Amount", help_text="What was agreed, without tax.")
    closed_on = forms.DateField(label="Won on", widget=DAY)


class LoseForm(VersionForm):
    """Why they did not buy."""

    reason = forms.ChoiceField(
        label="Why",
        choices=[("", "Choose a reason"), *LostReason.choices],
        error_messages={"required": "Choose why it was lost; the forecast and the funnel learn from it."},
    )
    competitor = forms.ModelChoiceField(
        Competitor.objects.filter(is_active=True), label="Whom they chose instead", required=False, empty_label="—"
    )
    note = forms.CharField(label="In their words", required=False, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not Competitor.objects.filter(is_active=True).exists():
            del self.fields["competitor"]


class MoveForm(VersionForm, Answering):
    """What a stage asks for before a card enters it."""

    stage = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)
    after = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**63 - 1)
    bands = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)  # what the board is divided by
    band = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)  # the one it was dropped in
    amount = amount_field(label="Amount", required=False)
    expected_close = forms.DateField(label="Expected close", widget=DAY, required=False)
    next_step = forms.CharField(label="Next step", max_length=200, required=False)

    def only(self, names: Iterable[str]) -> None:
        """Ask for nothing but these fields."""
        kept = {*names, *(f"{name}{QUOTE}" for name in names), "version", "stage", "after", "bands", "band"}
        for name in set(self.fields) - kept:
            del self.fields[name]

    @property
    def given(self) -> dict[str, Any]:
        """The fields that were filled in."""
        return {name: self.cleaned_data[name] for name in LABELS if self.cleaned_data.get(name) not in (None, "")}


class TransferForm(MoveForm):
    """Another pipeline: its stage, and what that asks for."""

    stage = forms.TypedChoiceField(label="Pipeline and stage", coerce=int)  # type: ignore[assignment]

    def __init__(self, data: Any = None, *, pipelines: Iterable[Pipeline], version: int) -> None:
        super().__init__(data, initial={"version": version})
        offered: list[tuple[Any, Any]] = [
            (one.name, [(stage.pk, stage.name) for stage in one.stages.all() if stage.kind == StageKind.OPEN])
            for one in pipelines
        ]
        choose(self.fields["stage"], offered)


class EditForm(VersionForm):
    """The facts of an opportunity."""

    name = forms.CharField(label="Name", max_length=200)
    amount = amount_field(label="Amount", required=False, help_text="Empty: not known yet.")
    currency = forms.CharField(label="Currency", min_length=3, max_length=3)
    expected_close = forms.DateField(label="Expected close", widget=DAY, required=False)
    category = forms.ChoiceField(
        label="Forecast",
        required=False,
        choices=[("", "As its stage says"), *Category.choices],
        help_text="How sure the forecast may be of it.",
    )
    priority = forms.ChoiceField(label="Priority", required=False, choices=Priority.choices)
    next_step = forms.CharField(label="Next step", max_length=200, required=False)
    next_step_on = forms.DateField(label="Next step on", widget=DAY, required=False)
    owner = forms.TypedChoiceField(label="Owner", required=False, coerce=int, empty_value=None)

    def __init__(
        self, data: Any = None, *, owners: Iterable[User], opportunity: Opportunity, follows: bool = False
    ) -> None:
        facts = ["name", "amount", "currency", "expected_close", "category", "priority"]
        facts += ["next_step", "next_step_on", "version"]
        initial = {name: getattr(opportunity, name) for name in facts} | {"owner": opportunity.owner_id}
        super().__init__(data, initial=initial)
        self.owners = {owner.pk: owner for owner in owners}
        if opportunity.owner:  # whoever owns it now can go on owning it
            self.owners.setdefault(opportunity.owner.pk, opportunity.owner)
        if follows:
            self.fields["amount"].help_text = "Follows the products; change them instead."
            self.fields["amount"].disabled = self.fields["currency"].disabled = True
        by_stage = f"As its stage says: {opportunity.stage.get_category_display()}"
        choose(self.fields["category"], [("", by_stage), *Category.choices])
        choose(self.fields["owner"], [("", "Nobody"), *((pk, user.name) for pk, user in self.owners.items())])

    def clean_priority(self) -> str:
        """A page that does not ask for it leaves it."""
        return str(self.cleaned_data["priority"] or self.initial["priority"])


class PersonForm(forms.Form):
    """Another person of the buying group: of the same company, or by address."""

    contact = forms.TypedChoiceField(label="Colleague", required=False, coerce=int, empty_value=None)
    email = forms.CharField(
        label="E-mail address", required=False, max_length=254, help_text="Of somebody whom we know already."
    )
    role = forms.CharField(label="Role", max_length=60, required=False, help_text="Decides, advises, uses it, signs…")

    def __init__(self, *args: Any, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if people:
            choose(self.fields["contact"], [("", "Somebody else"), *people])
        else:
            del self.fields["contact"]


def choose(field: forms.Field, choices: list[tuple[Any, str]]) -> None:
    """What a choice field offers."""
    cast(forms.ChoiceField, field).choices = choices


class PromoteForm(forms.Form):
    """Why a person decides what the definition has not decided."""

    reason = forms.CharField(
        label="Why is this a prospect?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It is kept with the judgement as it stands now, so that we can learn from it.",
    )
    joins = forms.TypedChoiceField(
        label="Their company is being sold to already", coerce=lambda value: value == "yes", widget=forms.RadioSelect
    )

    def __init__(self, data: Any = None, *, deal: Opportunity | None = None, joins: bool = True) -> None:
        super().__init__(data, initial={"joins": "yes" if joins else "no"})
        if deal is None:
            del self.fields["joins"]
        else:
            choose(self.fields["joins"], [("yes", f"Joins {deal.name}"), ("no", "Gets an opportunity of their own")])


class StageForm(forms.Form):
    """A column of the board."""

    name = forms.CharField(label="Name", max_length=60)
    probability = forms.IntegerField(
        label="Probability",
        min_value=0,
        max_value=100,
        help_text="Percent of such opportunities that are won in the end.",
    )
    rots_after_days = forms.IntegerField(
        label="Days until it rots", min_value=1, max_value=3650, required=False, help_text="Empty: never."
    )
    category = forms.ChoiceField(
        label="Forecast category",
        choices=Category.choices,
        initial=Category.PIPELINE,
        required=False,
        help_text="How sure the forecast may be of such opportunities, unless one says otherwise.",
    )
    required_fields = forms.MultipleChoiceField(
        label="Asks for", choices=StageField.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, stage: Stage | None = None, **kwargs: Any) -> None:
        if stage:
            facts = ("name", "probability", "category", "rots_after_days", "required_fields")
            kwargs["initial"] = {name: getattr(stage, name) for name in facts}
        super().__init__(*args, **kwargs)
        if stage and stage.kind != StageKind.OPEN:
            for name in ("probability", "category", "rots_after_days", "required_fields"):
                del self.fields[name]


class RemoveStageForm(forms.Form):
    """Where the opportunities of a stage go that is taken off the board."""

    move_to = forms.ModelChoiceField(Stage.objects.none(), label="Move them to", empty_label="Choose a stage")

    def __init__(self, data: Any = None, *, stage: Stage, is_empty: bool) -> None:
        super().__init__(data)
        if is_empty:
            del self.fields["move_to"]
        else:
            others = Stage.objects.on_board().filter(pipeline=stage.pipeline_id, kind=StageKind.OPEN)
            self.fields["move_to"].queryset = others.exclude(pk=stage.pk)  # type: ignore[attr-defined]


class StageOfPipeline(forms.ModelChoiceField[Stage]):
    """A stage, with the pipeline that it is of."""

    def label_from_instance(self, obj: Stage) -> str:
        return f"{obj.pipeline}: {obj}"


class RetirePipelineForm(forms.Form):
    """Where the open opportunities of a pipeline go that is taken out of use."""

    move_to = StageOfPipeline(Stage.objects.none(), label="Move them to", empty_label="Choose a stage")

    def __init__(self, data: Any = None, *, pipeline: Pipeline, is_empty: bool) -> None:
        super().__init__(data)
        if is_empty:
            del self.fields["move_to"]
            return
        others = Stage.objects.on_board().filter(kind=StageKind.OPEN, pipeline__archived_at=None)
        offered = others.exclude(pipeline=pipeline).select_related("pipeline")
        self.fields["move_to"].queryset = offered  # type: ignore[attr-defined]


class PipelineForm(forms.Form):
    """A way of selling."""

    name = forms.CharField(label="Name", max_length=80)
    team = forms.ModelChoiceField(
        Team.objects.order_by("name", "pk"),
        label="Team",
        required=False,
        empty_label="Every team",
        help_text="Whose leads become prospects here.",
    )
    currency = forms.CharField(
        label="Currency", min_length=3, max_length=3, help_text="Of opportunities that are opened from now on."
    )

    def __init__(self, data: Any = None, *, pipeline: Pipeline | None = None) -> None:
        facts: dict[str, Any] = {"currency": "EUR"}
        if pipeline:
            facts = {"name": pipeline.name, "team": pipeline.team_id, "currency": pipeline.currency}
        super().__init__(data, initial=facts)
