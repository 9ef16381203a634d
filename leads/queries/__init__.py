"""The questions that pages and other apps ask of `leads`."""

from leads.queries.access import owners_for, told_to
from leads.queries.chips import Chip, answers_of, chips_for
from leads.queries.kinds import KindRow, kind_rows, pattern_fits, seen_properties
from leads.queries.lists import list_page, near_line, people, tag_choices
from leads.queries.merges import current_id, doubles_of, has_doubles, known_as, merges_of, record_of
from leads.queries.records import consents_of, for_contact_page, identities_of, owners_beside, people_of, tags_of
from leads.queries.rows import Row, rows_for, rows_of
from leads.queries.search import search_companies, search_people
from leads.queries.touches import CameFrom, came_from

__all__ = [
    "CameFrom",
    "Chip",
    "KindRow",
    "Row",
    "answers_of",
    "came_from",
    "chips_for",
    "consents_of",
    "current_id",
    "doubles_of",
    "for_contact_page",
    "has_doubles",
    "identities_of",
    "kind_rows",
    "known_as",
    "list_page",
    "merges_of",
    "near_line",
    "owners_beside",
    "owners_for",
    "pattern_fits",
    "people",
    "people_of",
    "record_of",
    "rows_for",
    "rows_of",
    "search_companies",
    "search_people",
    "seen_properties",
    "tag_choices",
    "tags_of",
    "told_to",
]
