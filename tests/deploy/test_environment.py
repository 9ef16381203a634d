"""Every variable is explained where it is set, and read where it is explained."""

import re

from tests.deploy.conftest import ROOT, VARIABLE

READ_BY_SETTINGS = re.compile(r'env\.(?:text|flag|number|words|country)\(\s*"(\w+)"')
# Read by something else than the settings.
ELSEWHERE = {
    "POSTGRES_PASSWORD": "docker-compose.yml, for the database",
    "WEB_ADDRESS": "docker-compose.yml, for the port",
    "WEB_CONCURRENCY": "gunicorn",
    "WORKER_CONCURRENCY": "docker-compose.yml, for the worker",
}
OF_OTHER_IMAGES = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS"}
NOT_FOR_PRODUCTION = {"DEBUG"}


def read_by_settings() -> set[str]:
    names: set[str] = set()
    for folder in ("crm", "core", "users", "leads", "activities", "capture", "scoring", "pipeline", "reports", "api"):
        for path in (ROOT / folder).rglob("*.py"):
            found = set(READ_BY_SETTINGS.findall(path.read_text()))
            assert not found or path.name == "settings.py", (
                f"{path} reads {found}; settings are read in crm/settings.py"
            )
            names |= found
    return names


def explained(env_example: str) -> set[str]:
    return set(re.findall(r"^(?:# )?([A-Z_]+)=", env_example, re.M))


def test_every_setting_is_explained_and_every_explained_one_is_read(env_example: str) -> None:
    assert explained(env_example) == read_by_settings() | set(ELSEWHERE)


def test_every_explanation_stands_above_its_setting(env_example: str) -> None:
    lines = env_example.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"^(# )?[A-Z_]+=", line):
            above = lines[number - 1]
            assert above.startswith("#"), line
            assert not above.startswith("# ---"), line


def test_compose_sets_only_what_somebody_reads(services: dict[str, dict[str, dict[str, str]]]) -> None:
    set_for_product = set().union(*(services[name]["environment"] for name in ("web", "worker", "beat", "migrate")))
    assert set_for_product - {"WEB_CONCURRENCY"} == read_by_settings() - NOT_FOR_PRODUCTION
    assert set(services["postgres"]["environment"]) == OF_OTHER_IMAGES
    assert "environment" not in services["redis"]


def test_compose_asks_only_for_what_is_explained(env_example: str) -> None:
    asked = set(VARIABLE.findall((ROOT / "docker-compose.yml").read_text()))
    assert asked == explained(env_example) - NOT_FOR_PRODUCTION - {"STATIC_ROOT"}


def test_the_example_holds_no_secret(env_example: str) -> None:
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        assert re.search(rf"^{name}=$", env_example, re.M)
