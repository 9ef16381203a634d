"""The access table: every address and what each person gets there, a file per app.

A new address gets its row in the file of its app; what it names (a key in `args`) is made in world.py. The answers that are
common have a name in row.py. An address without a row fails tests/crm/test_access.py.
"""

from tests.crm.access import activities, api, capture, crm, desk, leads, pipeline, reports, scoring, users

TABLE = [
    row for app in (crm, users, leads, activities, capture, scoring, pipeline, desk, reports, api) for row in app.ROWS
]
