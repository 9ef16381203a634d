"""The people of the demo. Their addresses are under .example, which is nobody's."""

from dataclasses import dataclass

from users.models import User
from users.roles import Role

DOMAIN = "demo.example"
PASSWORD = "winnow-demo"  # noqa: S105 - printed on the login page of a demo


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody to sign in as."""

    email: str
    name: str
    role: Role
    team: str = ""
    is_shown: bool = False
    what: str = ""


LOGINS = (
    Login("rep@demo.example", "Robin Vale", Role.REP, "North", True, "works prospects on the board"),
    Login("marketer@demo.example", "Morgan Reed", Role.MARKETER, "", True, "brings leads in, reads the funnel"),
    Login("manager@demo.example", "Alex Stone", Role.MANAGER, "North", True, "reads the forecast"),
    Login("admin@demo.example", "Sam Field", Role.ADMIN, "", True, "sets everything up"),
    Login("viewer@demo.example", "Vic Glass", Role.VIEWER, "", True, "looks and changes nothing"),
    Login("nina@demo.example", "Nina Brook", Role.REP, "North"),
    Login("omar@demo.example", "Omar Hill", Role.REP, "South"),
    Login("paula@demo.example", "Paula Moss", Role.REP, "South"),
    Login("quinn@demo.example", "Quinn Marsh", Role.REP, "Overseas"),
    Login("tara@demo.example", "Tara Lake", Role.REP, "Overseas"),
)
TEAMS = ("North", "South", "Overseas")


def is_demo(user: User) -> bool:
    """Whether this is a person of the demo."""
    return user.email.endswith(f"@{DOMAIN}")


def exist() -> bool:
    """Whether the demo has been loaded. One query."""
    return User.objects.filter(email=LOGINS[0].email).exists()


def known() -> list[Login]:
    """The logins to offer on the login page; none where there is no demo. One query."""
    return [login for login in LOGINS if login.is_shown] if exist() else []


def table() -> str:
    """The logins as text, for a terminal."""
    width = max(len(login.email) for login in LOGINS)
    rows = [f"  {login.email:<{width}}  {login.what}" for login in LOGINS if login.is_shown]
    return "\n".join(["Demo logins (everything in here is invented):", *rows, f"  The password of each: {PASSWORD}"])
