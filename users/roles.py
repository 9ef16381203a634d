"""What each role may do; the one table behind every permission check."""

from enum import StrEnum


class Role(StrEnum):
    """What a person is here for."""

    REP = "rep"
    MARKETER = "marketer"
    MANAGER = "manager"
    ADMIN = "admin"
    VIEWER = "viewer"


ROLE_LABELS = [
    (Role.REP.value, "Sales rep"),
    (Role.MARKETER.value, "Marketer"),
    (Role.MANAGER.value, "Manager"),
    (Role.ADMIN.value, "Administrator"),
    (Role.VIEWER.value, "Viewer (reads only)"),
]


class Can(StrEnum):
    """A thing that some roles may do."""

    EDIT_LEADS = "edit_leads"  # contacts, companies, evidence, calls, notes, follow-ups
    WORK_PIPELINE = "work_pipeline"  # promote, move, win and lose opportunities
    IMPORT_LEADS = "import_leads"
    EXPORT_LISTS = "export_lists"  # take whole lists out as files; each time is noted
    MANAGE_CAPTURE = "manage_capture"  # forms, tracked sites
    MANAGE_PRIVACY = "manage_privacy"  # suppression list, copies and erasure of a person's data
    SEE_FUNNEL = "see_funnel"
    EDIT_DEFINITION = "edit_definition"  # draft, try out and activate what a prospect is
    SIGN_MARKETING = "sign_marketing"  # agree to a definition for marketing
    SIGN_SALES = "sign_sales"  # agree to a definition for sales; reps only where there is no manager
    MANAGE_STAGES = "manage_stages"
    MANAGE_FORECAST = "manage_forecast"  # quotas, and a figure of one's own beside what the deals say
    MANAGE_PEOPLE = "manage_people"
    MANAGE_WEBHOOKS = "manage_webhooks"  # other programs that are told what happens
    SHARE_WITH_ALL = "share_with_all"  # show an own view of a list to everybody
    USE_API = "use_api"  # make tokens; a token may do what its owner may do


CAPABILITIES: dict[Role, frozenset[Can]] = {
    Role.REP: frozenset({Can.EDIT_LEADS, Can.WORK_PIPELINE, Can.SIGN_SALES, Can.USE_API}),
    Role.MARKETER: frozenset(
        {
            Can.EDIT_LEADS,
            Can.IMPORT_LEADS,
            Can.EXPORT_LISTS,
            Can.MANAGE_CAPTURE,
            Can.MANAGE_PRIVACY,
            Can.SEE_FUNNEL,
            Can.EDIT_DEFINITION,
            Can.SIGN_MARKETING,
            Can.SHARE_WITH_ALL,
            Can.USE_API,
        },
    ),
    Role.MANAGER: frozenset(
        {
            Can.EDIT_LEADS,
            Can.WORK_PIPELINE,
            Can.IMPORT_LEADS,
            Can.EXPORT_LISTS,
            Can.SEE_FUNNEL,
            Can.EDIT_DEFINITION,
            Can.SIGN_SALES,
            Can.MANAGE_STAGES,
            Can.MANAGE_FORECAST,
            Can.SHARE_WITH_ALL,
            Can.USE_API,
        },
    ),
    Role.ADMIN: frozenset(Can),
    Role.VIEWER: frozenset({Can.SEE_FUNNEL}),
}
