"""What the sources of events are called."""

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from capture.models import Form, Site


def source_names() -> dict[str, str]:
    """Source as facts keep it ("form:demo", "tracker:1") -> what people call the form or the site. One query."""
    forms = Form.objects.order_by().values_list(Concat(Value("form:"), F("slug"), output_field=CharField()), "title")
    sites = Site.objects.order_by().values_list(Cast("pk", CharField()), "name")
    names: dict[str, str] = {}
    for source, name in forms.union(sites, all=True):
        if source.isdigit():
            names |= {f"tracker:{source}": name, f"segment:{source}": name}
        else:
            names[source] = name
    return names
