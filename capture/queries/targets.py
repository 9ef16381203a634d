from capture.arrangement import Target
from capture.questions import TYPES
from leads.models import Criterion, CustomField, FieldType

_WORDS = ("text", "choice", "hidden")
_OWN = {
    FieldType.TEXT: ("text", "long_text", "choice", "hidden"),
    FieldType.NUMBER: ("number",),
    FieldType.DATE: ("date",),
    FieldType.CHOICE: ("choice",),
    FieldType.YES_NO: ("yes_no",),
}
_CRITERION = ("choice", "long_text", "text", "number", "date", "choices", "yes_no")
BUILT_IN = (
    Target("contact.first_name", "First name", "Contact", _WORDS, "First name"),
    Target("contact.last_name", "Last name", "Contact", _WORDS, "Last name"),
    Target("contact.email", "E-mail", "Contact", ("email",), "E-mail"),
    Target("contact.phone", "Phone", "Contact", ("phone",), "Phone"),
    Target("contact.job_title", "Job title", "Contact", _WORDS, "Job title"),
    Target("contact.country", "Country", "Contact", _WORDS, "Country"),
    Target("company.name", "Company name", "Company", ("text", "hidden"), "Company"),
    Target("company.industry", "Industry", "Company", _WORDS, "Industry"),
    Target("company.employees", "Employees", "Company", ("number",), "How many people work there?"),
    Target("company.country", "Country of the company", "Company", _WORDS, "Where is your company?"),
)
NOTHING = Target("", "Nothing: kept with the submission", "", tuple(TYPES), "")


def targets() -> dict[str, Target]:
    """All that an answer may become, by key. Two queries."""
    own = [
        Target(
            f"{field.about}.custom.{field.key}",
            field.label,
            "Own fields of the company" if field.about == "company" else "Own fields of the contact",
            _OWN[FieldType(field.type)],
            field.label,
            tuple(map(str, field.options)),
        )
        for field in CustomField.objects.exclude(about="opportunity")
    ]
    criteria = [
        Target(f"criterion.{criterion.key}", criterion.label, "Criterion", _CRITERION, criterion.question)
        for criterion in Criterion.objects.all()
    ]
    return {target.key: target for target in (*BUILT_IN, *own, *criteria)}
