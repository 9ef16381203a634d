"""What people fill in about routing, terms and working hours; the services decide whether it will do."""

from typing import Any

from django import forms

from leads.condition_controls import BLANK
from leads.condition_fields import BuildsConditions, ConditionsField
from pipeline import working_time
from pipeline.forms import DAY
from pipeline.models import Availability, HandOffTerms, PromotionMode, RoutingRule
from pipeline.services.working_hours import DAYS
from users.models import Team, User


class SkillsField(forms.CharField):
    """Words with commas between them, as a list."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(required=False, max_length=1000, **facts)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return str(super().clean(value)).split(",")


class RuleForm(BuildsConditions):
    """Which prospects go to whom."""

    name = forms.CharField(label="Name", max_length=80)
    is_for_all = forms.BooleanField(label="For everybody, whatever they are", required=False)
    conditions = ConditionsField(label="When", initial=BLANK)
    team = forms.ModelChoiceField(Team.objects.order_by("name", "pk"), required=False, empty_label="Every rep")
    members = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label="Or these people",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Somebody named here counts instead of the team.",
    )
    skills = SkillsField(label="With these skills", help_text="Such as German, Enterprise: whoever has all of them.")
    waits = forms.BooleanField(
        label="Wait for them when none of them is free", required=False, help_text="Else the next rule is tried."
    )
    is_active = forms.BooleanField(label="In use", required=False, initial=True)

    def __init__(self, data: Any = None, *, rule: RoutingRule | None = None) -> None:
        initial: dict[str, Any] = {}
        if rule:
            names = ("name", "team", "skills", "waits", "is_active")
            initial = {name: getattr(rule, name) for name in names}
            initial |= {"members": list(rule.members.all()), "is_for_all": not rule.conditions}
            initial["conditions"] = rule.conditions or BLANK
        super().__init__(data, initial=initial)
        self.fields["members"].queryset = (  # type: ignore[attr-defined]
            User.objects.active_reps().order_by("name", "pk")
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.pop("is_for_all", False):
            self.errors.pop("conditions", None)
            given["conditions"] = {}
        return given


class TermsForm(forms.Form):
    """How a team takes over."""

    mode = forms.ChoiceField(label="Who decides on a promotion", choices=PromotionMode.choices)
    is_offered = forms.BooleanField(
        label="Reps accept or reject what is handed to them",
        required=False,
        help_text="Else everything counts as accepted at once.",
    )
    answer_within = forms.IntegerField(
        label="Hours to answer",
        min_value=1,
        max_value=200,
        help_text="Of the rep’s working time. Then it is offered to the next, and the manager is told.",
    )
    joins_company = forms.BooleanField(
        label="A second person of a company joins its open opportunity",
        required=False,
        help_text="Else each makes an opportunity of their own.",
    )
    region = forms.CharField(
        label="Public holidays of",
        required=False,
        max_length=10,
        help_text="A country such as DE, or a part of it such as DE-BY. Empty: only the days under Holidays.",
    )

    def __init__(self, data: Any = None, *, terms: HandOffTerms) -> None:
        names = ("mode", "is_offered", "answer_within", "joins_company", "region")
        super().__init__(data, initial={name: getattr(terms, name) for name in names})


class HoursForm(forms.Form):
    """The usual week, who stands in, how much they can take."""

    capacity = forms.DecimalField(
        label="Prospects a week",
        required=False,
        min_value=0,
        max_digits=6,
        decimal_places=2,
        help_text="Fractions count: 3.5 is 14 in four weeks. Empty: no limit.",
    )
    skills = SkillsField(label="Skills", help_text="What rules may ask for, with commas: German, Enterprise.")
    substitute = forms.ModelChoiceField(
        User.objects.none(), label="Stands in while away", required=False, empty_label="Nobody"
    )
    region = forms.CharField(
        label="Public holidays of",
        required=False,
        max_length=10,
        help_text="A country such as DE, or a part of it such as DE-BY. Empty: those of the team.",
    )
    is_paused = forms.BooleanField(
        label="Paused", required=False, help_text="Gets nothing new until this is taken back."
    )

    def __init__(self, data: Any = None, *, user: User, kept: Availability, sets_capacity: bool) -> None:
        texts = dict(zip(DAYS, kept.week, strict=True))
        facts = {
            "capacity": kept.capacity,
            "skills": kept.skills,
            "substitute": kept.substitute_id,
            "is_paused": kept.is_paused,
            "region": kept.region,
        }
        super().__init__(data, initial=texts | facts)
        for name in DAYS:
            self.fields[name] = forms.CharField(label=name.capitalize(), required=False, max_length=60)
        self.order_fields([*DAYS, "capacity", "skills", "substitute", "region", "is_paused"])
        self.fields["monday"].help_text = "Like 9-17, or 9-12:30 13:30-17. Empty: a free day."
        if not sets_capacity:
            del self.fields["capacity"], self.fields["skills"]
        self.fields["substitute"].queryset = (  # type: ignore[attr-defined]
            User.objects.active_reps().exclude(pk=user.pk).order_by("name", "pk")
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for name in DAYS:
            try:
                working_time.parse(given.get(name, ""))
            except working_time.Unreadable as wrong:
                self.add_error(name, str(wrong))
        return given


class AbsenceForm(forms.Form):
    """Days away."""

    first_day = forms.DateField(label="First day", widget=DAY)
    last_day = forms.DateField(label="Last day", widget=DAY)
    why = forms.CharField(label="Why", required=False, max_length=80, help_text="Colleagues see it.")


class HolidayForm(forms.Form):
    """A day on which nobody works, or on which they do after all."""

    day = forms.DateField(label="Day", widget=DAY)
    name = forms.CharField(label="Name", max_length=80)
    team = forms.ModelChoiceField(Team.objects.order_by("name", "pk"), required=False, empty_label="Every team")
    is_worked = forms.BooleanField(
        label="It is worked on",
        required=False,
        help_text="Although it is a public holiday, or one of every team.",
    )
