"""The one kind of error that a service raises for what a person can put right."""


class Refused(Exception):
    """The request cannot be done; `fields` says per field (empty key: as a whole) what is wrong and what to do."""

    def __init__(self, message: str = "", **fields: str) -> None:
        self.fields = ({"": message} if message else {}) | fields
        super().__init__(" ".join(self.fields.values()))


class Stale(Refused):
    """Somebody else has changed the thing meanwhile."""
