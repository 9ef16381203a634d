"""What people fill in about gates: what a stage asks for, and what was missing; the services decide."""

from collections.abc import Iterable
from typing import Any

from django import forms

from leads.condition_controls import BLANK
from leads.condition_fields import BuildsConditions, ConditionsField
from leads.models import Criterion, Verdict
from pipeline.gates import CRITERION, LONGEST, RANK, TALKS, Gate
from pipeline.models import Stage, StageKind
from pipeline.queries.gates import Asked

QUOTE = "-quote"


class GateForm(BuildsConditions):
    """What must be there before a card enters a stage, beside its own fields."""

    talk = forms.ChoiceField(
        label="A talk with any of its people",
        required=False,
        choices=[("", "Not needed"), *((key, label[0].upper() + label[1:]) for key, (label, _) in TALKS.items())],
    )
    within_days = forms.IntegerField(
        label="In the last … days", required=False, min_value=1, max_value=LONGEST, initial=30
    )
    is_for_all = forms.BooleanField(label="For everybody, whoever they are", required=False)
    conditions = ConditionsField(label="Only when", initial=BLANK)
    most_each = forms.IntegerField(
        label="Most opportunities a person should have in it",
        required=False,
        min_value=1,
        max_value=1000,
        help_text="More are let through; whoever moves them is told, and the column says so. Empty: no limit.",
    )

    def __init__(self, data: Any = None, *, stage: Stage, criteria: Iterable[Criterion]) -> None:
        gate = Gate.of(stage.gate)
        initial: dict[str, Any] = {
            "talk": gate.talk,
            "within_days": gate.within_days,
            "is_for_all": not gate.conditions,
            "conditions": dict(gate.conditions) or BLANK,
            "most_each": stage.most_each,
        }
        super().__init__(data, initial=initial)
        self.keys = []
        for criterion in criteria:
            self.keys.append(criterion.key)
            self.fields[f"{CRITERION}{criterion.key}"] = forms.ChoiceField(
                label=criterion.label,
                required=False,
                initial=gate.criteria.get(criterion.key, ""),
                choices=[("", "Not needed"), ("weak", "Answered, weak is enough"), ("meets", "Must meet")],
            )
        self.order_fields([f"{CRITERION}{key}" for key in self.keys])
        if stage.kind != StageKind.OPEN:
            del self.fields["most_each"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.pop("is_for_all", False):
            self.errors.pop("conditions", None)
            given["conditions"] = {}
        given["criteria"] = {key: said for key in self.keys if (said := given.pop(f"{CRITERION}{key}", ""))}
        given["within_days"] = given.get("within_days") or 30
        return given


class Answering(forms.Form):
    """A form that asks for the criteria that a stage needs as well: verdict and quote."""

    asked: tuple[Asked, ...] = ()

    def ask(self, criteria: Iterable[Asked]) -> None:
        """Two more controls for each; what would not do is not offered."""
        self.asked = tuple(criteria)
        for one in self.asked:
            enough = [(key, label) for key, label in Verdict.choices if RANK[key] >= RANK[one.least]]
            self.fields[one.name] = forms.ChoiceField(
                label=one.chip.label,
                required=False,
                choices=[("", "Not known yet"), *enough],
                help_text=one.chip.question,
            )
            self.fields[f"{one.name}{QUOTE}"] = forms.CharField(
                label=f"Their own words about {one.chip.label.lower()}",
                required=False,
                max_length=5000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def answers(self) -> dict[str, tuple[str, str]]:
        """By criterion, the verdict and the quote that were given."""
        return {
            name.removeprefix(CRITERION): (verdict, self.cleaned_data.get(f"{name}{QUOTE}", ""))
            for name in self.fields
            if name.startswith(CRITERION) and not name.endswith(QUOTE) and (verdict := self.cleaned_data.get(name, ""))
        }
