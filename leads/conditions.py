"""The one language of conditions over a contact and its company.

A condition is JSON: {"all": [...]}, {"any": [...]}, {"not": {...}}, or a leaf
{"field": "company.employees", "op": "between", "value": [50, 1000]}.

Unknown is not "no": every comparison with an unknown value is false, also `is_not` and `not_in`; ask with
`unknown`. Text is compared without regard to case. A custom field is asked as text, and, where its values are
numbers, for ranges; yes and no are the words "true" and "false".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import Refused
from leads.normalise import FREE_MAIL

MAX_DEPTH, MAX_LEAVES, MAX_VALUES, MAX_TEXT = 5, 60, 300, 200


@dataclass(frozen=True, slots=True)
class Field:
    """A thing that can be asked about; `sql` reads it from the aliases c (contact), o (company), s (standing)."""

    label: str
    type: str  # text, number, yes_no, or custom: text, and numbers where ranges are asked
    sql: str
    least: int | None = None  # no number is below


_DOMAIN = "lower(split_part(c.email, '@', 2))"
_OURS = "SELECT lower(split_part(u.email, '@', 2)) FROM users_user u WHERE u.is_active"
_FREE_MAIL = "= ANY ('{" + ",".join(sorted(FREE_MAIL)) + "}'::text[])"
# the last word on marketing mail; whoever is on the suppression list has a no there (leads/services/suppression.py)
_SAID_NO = """NOT coalesce((SELECT w.given FROM (
    (SELECT k.given, k.at, k.id FROM leads_consent k
     WHERE k.contact_id = s.contact_id AND k.purpose = 'marketing' AND NOT k.is_pending
     ORDER BY k.at DESC, k.id DESC LIMIT 1)
    UNION ALL
    (SELECT k.given, k.at, k.id FROM leads_identity i JOIN leads_consent k ON k.identity_id = i.id
     WHERE i.contact_id = s.contact_id AND k.purpose = 'marketing' AND NOT k.is_pending
     ORDER BY k.at DESC, k.id DESC LIMIT 1)) w ORDER BY w.at DESC, w.id DESC LIMIT 1), true)"""

FIELDS: dict[str, Field] = {
    "contact.job_title": Field("Job title", "text", "c.job_title"),
    "contact.country": Field("Country", "text", "coalesce(nullif(c.country, ''), o.country, '')"),
    "contact.email_domain": Field("E-mail domain", "text", "split_part(c.email, '@', 2)"),
    "contact.free_mail": Field(
        "Private e-mail address",
        "yes_no",
        f"CASE WHEN c.email = '' THEN NULL ELSE {_DOMAIN} {_FREE_MAIL} END",
    ),
    "contact.own_staff": Field(
        "Works here (has a colleague's e-mail domain)",
        "yes_no",
        f"CASE WHEN c.email = '' THEN NULL ELSE NOT {_DOMAIN} {_FREE_MAIL} AND {_DOMAIN} IN ({_OURS}) END",
    ),
    "contact.said_no": Field("Said no to marketing mail", "yes_no", _SAID_NO),
    "contact.source": Field("Source", "text", "s.source"),
    "contact.lifecycle": Field("Lifecycle", "text", "s.lifecycle"),
    "company.name": Field("Company", "text", "coalesce(o.name, '')"),
    "company.industry": Field("Industry", "text", "coalesce(o.industry, '')"),
    "company.country": Field("Company's country", "text", "coalesce(o.country, '')"),
    "company.employees": Field("Employees", "number", "o.employees", least=0),
}
# What somebody is judged to be. Who judges says how it is read (scoring/apps.py); no definition may ask for it.
JUDGED: dict[str, Field] = {}
_TEXT_OPS = ("is", "is_not", "in", "not_in", "contains", "contains_any", "known", "unknown")
OPS = {
    "text": _TEXT_OPS,
    "number": ("is", "at_least", "at_most", "between", "known", "unknown"),
    "yes_no": ("is", "known", "unknown"),
    "custom": (*_TEXT_OPS, "at_least", "at_most", "between"),
}
RANGES = {"at_least", "at_most", "between"}
_JOINERS = {"all": " and ", "any": " or "}


def field(key: str) -> Field:
    """The field of this key, custom ones included; Refused when there is none."""
    if known := FIELDS.get(key) or JUDGED.get(key):
        return known
    about, _, name = key.partition(".custom.")
    if about in {"contact", "company"} and name.replace("-", "").replace("_", "").isalnum() and name.isascii():
        alias = "c" if about == "contact" else "o"
        label = name.replace("_", " ").replace("-", " ").capitalize()
        return Field(label, "custom", f"coalesce({alias}.custom ->> '{name}', '')")
    raise Refused(conditions=f"“{key[:60]}” is not a field. Known fields: {', '.join(FIELDS)}.")


def fact_sql(key: str) -> str:
    """SQL of the value that `holds` takes: of a custom field the JSON, so that a number stays one."""
    asked = field(key)
    return _stored(asked.sql).replace(" ->> ", " -> ") if asked.type == "custom" else asked.sql


def _stored(sql: str) -> str:
    return sql.removeprefix("coalesce(").removesuffix(", '')")


def check(condition: Any, *, judged: bool = False, depth: int = 0) -> int:
    """Raise Refused, saying what is wrong, unless this is a condition; returns its number of leaves.

    It may ask what somebody is `judged` to be where it judges nobody itself.
    """
    if not isinstance(condition, dict) or len(condition) == 0:
        raise Refused(conditions="A condition is an object with all, any, not, or field, op and value.")
    if depth > MAX_DEPTH:
        raise Refused(conditions=f"Conditions are nested deeper than {MAX_DEPTH}. Split the rule.")
    for joiner in _JOINERS:
        if joiner in condition:
            parts = condition[joiner]
            if len(condition) != 1 or not isinstance(parts, list) or not parts:
                raise Refused(conditions=f"“{joiner}” takes a list with at least one condition.")
            leaves = sum(check(part, judged=judged, depth=depth + 1) for part in parts)
            if leaves > MAX_LEAVES:
                raise Refused(conditions=f"More than {MAX_LEAVES} conditions in one rule. Split it.")
            return leaves
    if "not" in condition:
        if len(condition) != 1:
            raise Refused(conditions="“not” stands alone with one condition.")
        return check(condition["not"], judged=judged, depth=depth + 1)
    _check_leaf(condition)
    if condition["field"] in JUDGED and not judged:
        label = JUDGED[condition["field"]].label
        raise Refused(conditions=f"{label} is what a definition says of somebody, so it cannot ask for it.")
    return 1


def _check_leaf(leaf: dict[str, Any]) -> None:
    if not isinstance(leaf.get("field"), str) or set(leaf) - {"field", "op", "value"}:
        raise Refused(conditions="A condition needs a field, an op and a value.")
    asked = field(leaf["field"])
    op, value = leaf.get("op"), leaf.get("value")
    if op not in OPS[asked.type]:
        raise Refused(conditions=f"{asked.label} can be asked with {', '.join(OPS[asked.type])}; not with “{op}”.")
    if op in {"known", "unknown"}:
        return
    values = value if op in {"in", "not_in", "contains_any", "between"} else [value]
    if not isinstance(values, list) or not values or len(values) > MAX_VALUES:
        raise Refused(conditions=f"{asked.label}: give a list of 1 to {MAX_VALUES} values.")
    type_ = _compared_as(asked, op)
    wanted: tuple[type, ...] = {"text": (str,), "number": (int, float), "yes_no": (bool,)}[type_]
    for one in values:
        wrong = not isinstance(one, wanted) or (isinstance(one, bool) and type_ != "yes_no")
        if wrong or (isinstance(one, str) and not 0 < len(one) <= MAX_TEXT) or "\0" in str(one):
            hint = " Write 1000 or 1,000, and a fraction as 1.5." if type_ == "number" else ""
            raise Refused(conditions=f"{asked.label}: “{str(one)[:40]}” is not a {type_} value.{hint}")
        if type_ == "number" and not -1e12 < one < 1e12:
            raise Refused(conditions=f"{asked.label}: {one} is out of range.")
    if op == "between" and (len(values) != 2 or values[0] > values[1]):
        raise Refused(conditions=f"{asked.label}: between takes two numbers, the smaller first.")


def _compared_as(asked: Field, op: Any) -> str:
    if asked.type == "custom":
        return "number" if op in RANGES else "text"
    return asked.type


def fields_of(condition: dict[str, Any]) -> set[str]:
    """Keys of all fields that the condition looks at."""
    if "field" in condition:
        return {condition["field"]}
    if "not" in condition:
        return fields_of(condition["not"])
    return {key for joiner in _JOINERS for part in condition.get(joiner, []) for key in fields_of(part)}


def to_sql(condition: dict[str, Any]) -> tuple[str, list[Any]]:
    """A boolean SQL expression that is never NULL, with its parameters."""
    for joiner, word in (("all", " AND "), ("any", " OR ")):
        if joiner in condition:
            parts = [to_sql(part) for part in condition[joiner]]
            return "(" + word.join(sql for sql, _ in parts) + ")", [p for _, params in parts for p in params]
    if "not" in condition:
        sql, params = to_sql(condition["not"])
        return f"(NOT {sql})", params
    asked, op = field(condition["field"]), condition["op"]
    value: Any = condition.get("value")
    sql = asked.sql
    if _compared_as(asked, op) == "text":
        return _text_sql(sql, op, value)
    if asked.type == "custom":
        stored = _stored(sql)
        is_number = f"jsonb_typeof({fact_sql(condition['field'])}) = 'number'"
        sql = f"CASE WHEN {is_number} THEN ({stored})::float8 END"
    known = f"({sql}) IS NOT NULL"
    if op in {"known", "unknown"}:
        return (known if op == "known" else f"({sql}) IS NULL"), []
    if asked.type == "yes_no":
        return f"coalesce(({sql}) = %s, false)", [value]
    sign = {"is": "= %s", "at_least": ">= %s", "at_most": "<= %s", "between": "BETWEEN %s AND %s"}[op]
    return f"coalesce({sql} {sign}, false)", list(value) if op == "between" else [value]


def _text_sql(sql: str, op: str, value: Any) -> tuple[str, list[Any]]:
    known = f"{sql} <> ''"
    if op in {"known", "unknown"}:
        return (known if op == "known" else f"{sql} = ''"), []
    values = [one.lower() for one in (value if isinstance(value, list) else [value])]
    if op in {"is", "in"}:
        return f"lower({sql}) = ANY (%s)", [values]
    if op in {"is_not", "not_in"}:
        return f"({known} AND NOT lower({sql}) = ANY (%s))", [values]
    return f"lower({sql}) LIKE ANY (%s)", [[f"%{_like(one)}%" for one in values]]


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def holds(condition: dict[str, Any], facts: Mapping[str, Any]) -> bool:
    """The same in Python: `facts` maps field keys to values; missing, None and "" are unknown."""
    if "all" in condition:
        return all(holds(part, facts) for part in condition["all"])
    if "any" in condition:
        return any(holds(part, facts) for part in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], facts)
    actual, op = facts.get(condition["field"]), condition["op"]
    value: Any = condition.get("value")
    if actual is None or actual == "":
        return bool(op == "unknown")
    if op in {"known", "unknown"}:
        return bool(op == "known")
    if op in RANGES and (isinstance(actual, bool | str)):
        return False
    if isinstance(value, str) or (isinstance(value, list) and isinstance(value[0], str)):
        actual = str(actual).lower()
        values = [one.lower() for one in (value if isinstance(value, list) else [value])]
        if op.startswith("contains"):
            return any(one in actual for one in values)
        return (actual in values) == (op in {"is", "in"})
    if op == "between":
        return bool(value[0] <= actual <= value[1])
    return bool({"is": actual == value, "at_least": actual >= value, "at_most": actual <= value}[op])


def in_words(condition: dict[str, Any]) -> str:
    """The condition as a person would say it."""
    for joiner, word in _JOINERS.items():
        if joiner in condition:
            return word.join(
                f"({in_words(part)})" if len(fields_of(part)) > 1 else in_words(part) for part in condition[joiner]
            )
    if "not" in condition:
        return f"not ({in_words(condition['not'])})"
    asked, op = field(condition["field"]), condition["op"]
    value: Any = condition.get("value")
    if op in {"known", "unknown"}:
        return f"{asked.label} is {op}"
    if asked.type == "yes_no":
        return f"{asked.label}: {'yes' if value else 'no'}"
    if op == "between":
        return f"{asked.label} between {value[0]:,} and {value[1]:,}"
    listed = ", ".join(map(_said, value)) if isinstance(value, list) else _said(value)
    words = {
        "is": "is",
        "is_not": "is not",
        "in": "is one of",
        "not_in": "is none of",
        "contains": "contains",
        "contains_any": "contains one of",
        "at_least": "is at least",
        "at_most": "is at most",
    }
    return f"{asked.label} {words[op]} {listed}"


def described(condition: Any) -> str:
    """The condition as a person would say it, also while it is not right yet."""
    try:
        check(condition)
    except Refused:
        return "… (not complete yet)"
    return in_words(condition)


def _said(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value).strip()
