"""What is imported."""

from django import forms


class ListUpload(forms.Form):
    """A file of contacts."""

    file = forms.FileField(
        label="File",
        help_text="CSV or TSV, up to 20 MB. In Excel: File, Save as, “CSV UTF-8”.",
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,text/csv"}),
    )
