"""The description of the API, for programs and for people."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.authentication import SessionAuthentication

from api.auth import BearerToken
from core.middleware import public


@public
def nothing_here(request: HttpRequest, rest: str = "") -> JsonResponse:
    """An address that the API does not have."""
    return JsonResponse({"errors": {"detail": "There is nothing at this address. See /api/docs/."}}, status=404)


schema = SpectacularAPIView.as_view(authentication_classes=[SessionAuthentication, BearerToken])
docs = login_required(SpectacularSwaggerSplitView.as_view(url_name="api_schema", template_name="api/docs.html"))
