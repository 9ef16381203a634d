"""What people fill in on pages of the front door."""

from typing import Any

from django import forms

from leads.models import Category, CustomField, Direction, FieldType
from users.models import User
from users.queries import heirs_of


class LeaveForm(forms.Form):
    """Who takes over."""

    heir = forms.ModelChoiceField(
        User.objects.get_queryset().none(),
        label="Give the open work to",
        required=False,
        empty_label="Nobody: it keeps its owner's name",
    )

    def __init__(self, *args: Any, leaver: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        heirs = User.objects.get_queryset().filter(pk__in=[user.pk for user in heirs_of(leaver)]).order_by("name", "pk")
        self.fields["heir"].queryset = heirs  # type: ignore[attr-defined]


class KindForm(forms.Form):
    """A kind of event."""

    key = forms.CharField(max_length=60, label="Key", help_text="What programs send, such as price_list_opened.")
    label = forms.CharField(
        max_length=80, label="Label", help_text="What the timeline says, such as: Opened the price list."
    )
    category = forms.ChoiceField(choices=Category.choices)
    direction = forms.ChoiceField(
        choices=Direction.choices, help_text="Two-way means that they talked to us, or made an effort."
    )
    facet_property = forms.CharField(
        required=False,
        max_length=40,
        label="Property that rules look at",
        help_text="One of the event's properties, such as path, asset or campaign. Empty: rules only count the event.",
    )
    patterns = forms.CharField(
        required=False,
        max_length=20_000,
        label="Patterns",
        help_text="One per line, the first that fits counts: Pricing: /pricing*",
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, is_new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["key"]


class LabelForm(forms.Form):
    """Another label."""

    label = forms.CharField(max_length=80, label="Label")


class TagForm(forms.Form):
    """A tag."""

    name = forms.CharField(max_length=40, label="Tag")


class FieldForm(forms.Form):
    """A new custom field."""

    about = forms.ChoiceField(choices=CustomField.ABOUT, label="About")
    label = forms.CharField(max_length=80, label="Label")
    key = forms.CharField(max_length=40, label="Key", help_text="Under which programs read and write it, such as erp.")
    type = forms.ChoiceField(choices=FieldType.choices, label="Type")
    options = forms.CharField(
        required=False,
        max_length=10_000,
        label="Options",
        help_text="For a choice: one per line, at least two.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class FieldLabelForm(LabelForm):
    """Another label for a custom field, and for a choice its options."""

    options = forms.CharField(
        required=False,
        max_length=10_000,
        label="Options",
        help_text="One per line. Who has an option that is taken away keeps it until somebody changes them.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, field: CustomField, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field.type != FieldType.CHOICE:
            del self.fields["options"]
