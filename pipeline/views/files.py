"""Files beside an opportunity: whoever sees it may read them, whoever works on it adds and removes them."""

import io
from typing import Any

from django import forms
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import fill_in, go_to
from pipeline import files, services
from pipeline.models import Opportunity, OpportunityFile
from users.access import SignedInRequest, requires
from users.roles import Can


class FileForm(forms.Form):
    """One file."""

    file = forms.FileField(
        label="File", max_length=500, help_text=f"At most {files.LARGEST // 1024**2} MB: documents, tables, pictures."
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def add(request: SignedInRequest, pk: int) -> HttpResponse:
    """One more file."""
    row = get_object_or_404(Opportunity.objects.visible_to(request.user), pk=pk)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()

    def save(given: dict[str, Any]) -> str:
        upload = given["file"]
        files.check_size(upload.size)  # before it is read into memory
        kept = services.add_file(
            opportunity_id=pk, name=upload.name, content=upload.read(), actor=request.user, now=timezone.now()
        )
        return f"{kept} is kept."

    page = reverse("opportunity", args=[pk])
    return fill_in(request, form, save, back=page, title=f"Add a file to {row.name}", button="Add")


@require_safe
def read(request: SignedInRequest, pk: int, file_id: int) -> FileResponse:
    """The file, to be kept, never shown: what a browser would make of it must not run as ours."""
    row = get_object_or_404(Opportunity.objects.visible_to(request.user), pk=pk)
    kept = get_object_or_404(OpportunityFile, opportunity=row, pk=file_id)
    response = FileResponse(
        io.BytesIO(bytes(kept.content)),
        as_attachment=True,
        filename=kept.name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@requires(Can.WORK_PIPELINE)
def remove(request: SignedInRequest, pk: int, file_id: int) -> HttpResponse:
    """Gone for good."""
    get_object_or_404(Opportunity.objects.visible_to(request.user), pk=pk)
    services.remove_file(opportunity_id=pk, file_id=file_id)
    return go_to(request, reverse("opportunity", args=[pk]))
