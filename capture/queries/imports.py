from capture.models import Import


def recent_imports(limit: int = 100) -> list[Import]:
    """The newest imports, without their files."""
    return list(Import.objects.without_content().select_related("started_by")[:limit])
