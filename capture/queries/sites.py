from capture.models import Site


def sites() -> list[Site]:
    """All tracked sites, oldest first."""
    return list(Site.objects.order_by("pk"))
