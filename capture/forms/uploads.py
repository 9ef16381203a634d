"""What is imported."""

from django import forms


class ListUpload(forms.Form):
    """A file of people, or of what they did."""

    file = forms.FileField(
        label="File",
        help_text="CSV, TSV, Excel (xlsx, xls), OpenDocument (ods) or address cards (vcf), up to 20 MB.",
        widget=forms.FileInput({"accept": ".csv,.tsv,.tab,.txt,.xlsx,.xlsm,.xls,.ods,.vcf,text/csv,text/vcard"}),
    )
