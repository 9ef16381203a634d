from django.urls import path

from pipeline.views import board, closing, lists, opportunity, stages

urlpatterns = [
    path("pipeline/", board.board, name="pipeline"),
    path("pipeline/changes/", board.changes, name="pipeline_changes"),
    path("pipeline/stages/<int:stage_id>/more/", board.more, name="pipeline_more"),
    path("pipeline/list/", lists.index, name="pipeline_list"),
    path("pipeline/export.<slug:format>", lists.export, name="pipeline_export"),
    path("opportunities/<int:pk>/", opportunity.opportunity, name="opportunity"),
    path("opportunities/<int:pk>/move/", board.move, name="opportunity_move"),
    path("opportunities/<int:pk>/win/", closing.win, name="opportunity_win"),
    path("opportunities/<int:pk>/lose/", closing.lose, name="opportunity_lose"),
    path("opportunities/<int:pk>/reopen/", closing.reopen, name="opportunity_reopen"),
    path("opportunities/<int:pk>/edit/", opportunity.edit, name="opportunity_edit"),
    path("opportunities/<int:pk>/people/", opportunity.add_person, name="opportunity_people"),
    path(
        "opportunities/<int:pk>/people/<int:contact_id>/remove/",
        opportunity.remove_person,
        name="opportunity_person_remove",
    ),
    path("leads/<int:contact_id>/promote/", closing.promote, name="contact_promote"),
    path("settings/stages/", stages.index, name="settings_stages"),
    path("settings/pipelines/new/", stages.pipeline_new, name="pipeline_new"),
    path("settings/pipelines/<int:pk>/", stages.pipeline_change, name="pipeline_change"),
    path("settings/stages/add/<int:pipeline_id>/", stages.add, name="stage_add"),
    path("settings/stages/<int:pk>/", stages.change, name="stage_change"),
    path("settings/stages/<int:pk>/shift/", stages.shift, name="stage_shift"),
    path("settings/stages/<int:pk>/delete/", stages.remove, name="stage_delete"),
    path("settings/stages/<int:pk>/bring-back/", stages.bring_back, name="stage_bring_back"),
]
