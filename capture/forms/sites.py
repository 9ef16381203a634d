"""A tracked site as a marketer sets it up."""

from typing import Any

from django import forms

from capture.models import Site


class SiteSettings(forms.ModelForm):  # type: ignore[type-arg]
    """A tracked site as a marketer sets it up."""

    allowed_origins = forms.CharField(
        required=False,
        widget=forms.Textarea({"rows": 3, "placeholder": "https://www.example.com"}),
        help_text="One address per line. Empty: pages of any address may report.",
    )

    class Meta:
        model = Site
        fields = ["name", "allowed_origins", "asks_consent"]
        labels = {"asks_consent": "Wait for consent"}
        help_texts = {
            "asks_consent": "Nothing is sent and nothing is stored in the browser before the page calls "
            "winnow('consent', true). Changes the snippet: copy it again."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["allowed_origins"] = "\n".join(self.instance.allowed_origins)

    def clean_allowed_origins(self) -> list[str]:
        return str(self.cleaned_data["allowed_origins"]).split()
