"""What people fill in about currencies; the services decide whether it will do."""

from typing import Any

from django import forms

from pipeline.forms import DAY

LARGEST = 1_000_000


class ReportingForm(forms.Form):
    """The one currency in which sums of several are shown."""

    currency = forms.CharField(
        label="Reporting currency",
        required=False,
        max_length=3,
        help_text="Three letters, such as EUR. Empty: currencies stand side by side and are never added up.",
    )


class RateForm(forms.Form):
    """What a currency is worth from a day on."""

    currency = forms.CharField(label="Currency", min_length=3, max_length=3)
    day = forms.DateField(label="From", widget=DAY)
    rate = forms.CharField(label="One unit is worth", max_length=30)

    def __init__(self, data: Any = None, *, base: str, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["rate"].help_text = f"In {base}, such as 0.92."


class RatesForm(forms.Form):
    """Many rates at once."""

    text = forms.CharField(
        label="Day, currency, rate; one a line",
        max_length=LARGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "placeholder": "2026-03-31,USD,0.92"}),
    )
    file = forms.FileField(label="Or a CSV file", required=False, max_length=255)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        file = given.pop("file", None)
        if file is not None:
            if file.size > LARGEST:
                self.add_error("file", "A list of rates has at most 1 MB.")
            else:
                try:
                    given["text"] = file.read().decode("utf-8-sig")
                except UnicodeDecodeError:
                    self.add_error("file", "This is no text in UTF-8. Save it as CSV (UTF-8).")
        elif not given.get("text"):
            self.add_error("text", "Write the rates here, or choose a file.")
        return given
