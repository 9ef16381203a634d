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
        fields = ["name", "is_server", "allowed_origins", "asks_consent", "uses_cookie"]
        labels = {
            "is_server": "This is a server, not a web site",
            "asks_consent": "Wait for consent",
            "uses_cookie": "Know visitors again",
        }
        help_texts = {
            "is_server": "Its key stays secret on your servers. It may say who somebody is, and is believed; the key "
            "of a web site stands in every page, so anybody can use it.",
            "asks_consent": "Nothing is sent and nothing is stored in the browser before the page calls "
            "winnow('consent', true). Changes the snippet: copy it again.",
            "uses_cookie": "With a cookie of your own site. Off: each page is a visitor of its own, and where they "
            "came from is not known at the form. Changes the snippet: copy it again.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["is_server"]  # a key that stood in pages can never be secret again
            if self.instance.is_server:
                del self.fields["asks_consent"], self.fields["uses_cookie"]
        self.initial["allowed_origins"] = "\n".join(self.instance.allowed_origins)

    def clean_allowed_origins(self) -> list[str]:
        return str(self.cleaned_data["allowed_origins"]).split()
