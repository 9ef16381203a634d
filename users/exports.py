"""Lists that leave as files: which formats there are, and a note of who took what."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone

from core.export import FORMATS, table
from users.access import SignedInRequest
from users.models import Export


def send(
    request: SignedInRequest, format: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, name: str
) -> HttpResponse:
    """The rows as a file called `name`, sent as they are read; the guard of the view says who may."""
    if format not in FORMATS:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    query = request.GET.urlencode()[:1000]
    noted = Export.objects.create(user=request.user, what=name[:40], query=query, format=format, at=timezone.now())
    return table(format, header, _counted(rows, noted), name=name)


def _counted(rows: Iterable[Sequence[Any]], noted: Export) -> Iterator[Sequence[Any]]:
    count = 0
    for row in rows:
        yield row
        count += 1
    Export.objects.filter(pk=noted.pk).update(rows=count)
