"""Conditions as a field of any form; its controls are leads/condition_controls.py."""

from dataclasses import replace
from typing import Any

from django import forms
from django.forms.utils import ErrorDict

from leads import condition_controls as controls
from leads.contradictions import wrong_with


class ConditionsWidget(forms.Widget):
    """The builder in a form; give the form `BuildsConditions`, so that its buttons do not save."""

    template_name = "leads/_conditions.html"
    use_fieldset = True

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        condition = value if isinstance(value, dict) else {}
        return super().get_context(name, None, attrs) | {
            "builder": replace(controls.builder(name, condition, controls.asked_fields(judged=True)), is_alone=True)
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any]:
        return controls.rearranged(controls.read(data, name), name, data.get("do", "")[:200])

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-c" not in data and f"{name}-raw" not in data

    def id_for_label(self, id_: str | None) -> str:
        return ""


class ConditionsField(forms.Field):
    """A condition of leads/conditions.py that judges nobody, and so may ask what somebody is judged to be."""

    widget = ConditionsWidget

    def clean(self, value: Any) -> dict[str, Any]:
        if wrong := wrong_with(value, judged=True):
            raise forms.ValidationError(wrong)
        return dict(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial != data)


class BuildsConditions(forms.Form):
    """A form with a builder in it, whose buttons rearrange the controls and save nothing."""

    @property
    def is_rearranged(self) -> bool:
        """Whether it only wants to be shown again."""
        verb = self.data.get("do", "").partition(":")[0] if self.is_bound else ""
        return verb in {"leaf", "group", "unleaf", "refresh"}

    def full_clean(self) -> None:
        if self.is_rearranged:  # not complete yet: nothing is wrong with that
            self._errors = ErrorDict()
            self.cleaned_data = {}
        else:
            super().full_clean()
