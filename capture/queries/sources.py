"""What the sources of events are called."""

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from capture.models import Form, Site
from users.models import User


def source_names() -> dict[str, str]:
    """Source as facts keep it ("form:demo", "tracker:1", "api:4") -> what the form, the site, whoever has the key is
    called. One query.
    """
    forms = Form.objects.order_by().values_list(Concat(Value("form:"), F("slug"), output_field=CharField()), "title")
    sites = Site.objects.order_by().values_list(Cast("pk", CharField()), "name")
    callers = User.objects.order_by().values_list(Concat(Value("api:"), "pk", output_field=CharField()), "name")
    names: dict[str, str] = {}
    for source, name in forms.union(sites, callers, all=True):
        if source.isdigit():
            names |= {f"tracker:{source}": name, f"segment:{source}": name}
        else:
            names[source] = name
    return names
