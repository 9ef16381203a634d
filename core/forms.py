"""How every form of the product is drawn."""

from django.forms import BaseForm
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, QueryDict

from core.errors import Refused


class Renderer(TemplatesSetting):
    """Draws forms and fields with templates/forms/."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: an empty POST is still a POST, and answered with what is missing."""
    return request.POST if request.method == "POST" else None


def show_refusal(form: BaseForm, refused: Refused) -> None:
    """Put what a service refused beside the fields it names; what names no field of this form stands above them."""
    for name, message in refused.fields.items():
        form.add_error(name if name in form.fields else None, message)
