"""One address of the access table, who asks, and what they are commonly answered."""

from dataclasses import dataclass, field

# Who asks, in the order of the columns: two reps of team North, to which the records belong; a rep of team South;
# marketer, manager, administrator, viewer; and a stranger who has not signed in.
WHO = ("rita", "ravi", "sven", "mara", "mona", "adam", "vera", "")


@dataclass(frozen=True)
class Row:
    """One address, asked in one way: what each of WHO gets."""

    name: str
    expected: str
    args: tuple[str, ...] = ()  # keys of the world
    method: str = "get"
    data: dict[str, str] = field(default_factory=dict)  # "@key" is from the world

    @property
    def id(self) -> str:
        return f"{self.method} {self.name}"


#            rita ravi sven mara mona adam vera stranger
ALL = "       200  200  200  200  200  200  200  302"
OF_TEAM = "   200  200  404  200  200  200  200  302"  # a record of team North
EDIT = "      200  200  404  200  200  200  403  302"  # … that may be changed by those who edit leads
SELL = "      200  200  404  403  200  200  403  302"  # … by those who work the pipeline
ADMIN = "     403  403  403  403  403  200  403  302"
MARKETING = " 403  403  403  200  403  200  403  302"
IMPORTS = "   403  403  403  200  200  200  403  302"
STAGES = "    403  403  403  403  200  200  403  302"
PRIVACY = "   403  403  403  200  403  200  403  302"
JUDGES = "    200  200  200  200  200  200  403  302"
ANYBODY = "   200  200  200  200  200  200  200  200"
# done: back to a page
EDITED = "    302  302  404  302  302  302  403  302"
SOLD = "      302  302  404  403  302  302  403  302"
# the form was not filled in
EDIT_422 = "  422  422  404  422  422  422  403  302"
# the API knows nobody by a session, and answers for itself
NO_TOKEN = "  401  401  401  401  401  401  401  401"
