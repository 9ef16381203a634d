from django.apps import AppConfig

from leads import conditions

# ids of a definition that retired mean nothing
_PERSONA = """coalesce((SELECT p.name FROM scoring_persona p JOIN scoring_definition d ON d.id = p.definition_id
    WHERE p.id = s.persona_id AND d.status = 'active'), '')"""


class ScoringConfig(AppConfig):
    name = "scoring"

    def ready(self) -> None:
        conditions.JUDGED["contact.persona"] = conditions.Field("Persona", "text", _PERSONA)
