from django.urls import path

from scoring import views
from scoring.views import accountability, editor, model, shadows, studio, trials

urlpatterns = [
    path("definition/", views.definition, name="definition"),
    path("definition/model/", model.purchase_model, name="purchase_model"),
    path("definition/model/train/", model.purchase_model_train, name="purchase_model_train"),
    path("definition/rules/", accountability.rules, name="rule_report"),
    path("definition/rules/count/", accountability.count, name="rule_report_count"),
    path("definition/rules/draft/", accountability.draft, name="rule_report_draft"),
    path("definition/rules/<str:key>/<str:what>/", accountability.contacts, name="rule_contacts"),
    path("definition/progress/", studio.progress, name="definition_progress"),
    path("definition/new/", studio.draft_new, name="definition_new"),
    path("definition/compare/", studio.compare, name="definition_compare"),
    path("definition/<int:pk>/", studio.version, name="definition_version"),
    path("definition/<int:pk>/edit/", editor.edit, name="definition_edit"),
    path("definition/<int:pk>/sign/", studio.sign, name="definition_sign"),
    path("definition/<int:pk>/withdraw/", studio.withdraw, name="definition_withdraw"),
    path("definition/<int:pk>/activate/", studio.activate, name="definition_activate"),
    path("definition/<int:pk>/roll-back/", studio.roll_back, name="definition_roll_back"),
    path("definition/<int:pk>/end/", studio.end, name="definition_end"),
    path("definition/<int:pk>/discard/", studio.discard, name="definition_discard"),
    path("definition/<int:pk>/preview/", trials.preview, name="definition_preview"),
    path("definition/<int:pk>/preview/progress/", trials.preview_progress, name="definition_preview_progress"),
    path("definition/<int:pk>/preview/<str:way>/", trials.preview_changes, name="definition_changes"),
    path("definition/<int:pk>/back-test/", trials.back_test, name="definition_back_test"),
    path("definition/<int:pk>/back-test/progress/", trials.back_test_progress, name="definition_back_test_progress"),
    path("definition/<int:pk>/shadow/", shadows.shadow, name="definition_shadow"),
    path("definition/<int:pk>/shadow/stop/", shadows.stop, name="definition_shadow_stop"),
    path("definition/<int:pk>/shadow/progress/", shadows.progress, name="definition_shadow_progress"),
    path("definition/<int:pk>/shadow/<str:way>/", shadows.differing, name="definition_shadow_list"),
    path("leads/<int:pk>/likelihood/", model.contact_likelihood, name="contact_likelihood"),
    path("leads/<int:pk>/score/history/", views.score_history, name="score_history"),
    path("leads/<int:pk>/score/<int:rule>/", views.score_events, name="score_events"),
    path("leads/<int:pk>/score/", views.score_why, name="score_why"),
]
