"""Under /settings/."""

from django.urls import path

from users.views import exports, own, people

urlpatterns = [
    path("people/", people.people, name="settings_people"),
    path("people/invite/", people.invite, name="person_invite"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/invite-again/", people.invite_again, name="person_invite_again"),
    path("people/<int:pk>/activate/", people.activate, name="person_activate"),
    path("teams/new/", people.team_new, name="team_new"),
    path("teams/<int:pk>/", people.team, name="team"),
    path("exports/", exports.index, name="settings_exports"),
    path("profile/", own.profile, name="settings_profile"),
    path("tokens/", own.tokens, name="settings_tokens"),
    path("tokens/<int:pk>/revoke/", own.token_revoke, name="token_revoke"),
]
