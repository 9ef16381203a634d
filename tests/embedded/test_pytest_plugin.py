"""The servers of a test run."""

import os
import subprocess
import sys

import pytest

from embedded.pytest_plugin import redis_url_for
from tests.embedded.conftest import Checkout, wait_until

SHOW = """
import os, time, psycopg2, redis, pytest

@pytest.mark.parametrize("number", range(4))
def test_show(number):
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("off",)
        cursor.execute("SHOW max_connections")
        assert cursor.fetchone() == ("200",)
    redis.from_url(os.environ["REDIS_URL"]).ping()
    with open("seen", "a") as seen:
        print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], os.environ["STATIC_ROOT"], os.environ["DEBUG"], sep="|", file=seen)
    deadline = time.monotonic() + 30
    while os.path.exists("hold") and time.monotonic() < deadline:
        time.sleep(0.05)
"""
# Without the plugins that happen to be installed: they take longer than the servers.
PYTEST = [
    *(sys.executable, "-m", "pytest", "-q", "-p", "xdist", "-p", "embedded.pytest_plugin"),
    *("-c", "/dev/null", "--rootdir", "."),
]
FEW_PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def seen(checkout: Checkout) -> list[list[str]]:
    return [line.split("|") for line in (checkout.root / "seen").read_text().splitlines()]


def run_pytest(checkout: Checkout, *options: str, **extra: str) -> subprocess.CompletedProcess[str]:
    (checkout.root / "test_show.py").write_text(SHOW)
    return subprocess.run(
        [*PYTEST, *options, "test_show.py"],
        cwd=checkout.root,
        env=checkout.environment(**FEW_PLUGINS, **extra),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_a_run_gets_servers_and_leaves_none(checkout: Checkout) -> None:
    ended = run_pytest(checkout, DEBUG="1")
    assert ended.returncode == 0, ended.stdout
    assert len(seen(checkout)) == 4
    assert {row[3] for row in seen(checkout)} == {"0"}
    assert checkout.processes() == []


def test_parallel_workers_share_servers_but_not_a_redis_database(checkout: Checkout) -> None:
    ended = run_pytest(checkout, "-n", "2")
    assert ended.returncode == 0, ended.stdout
    rows = seen(checkout)
    assert len({row[0] for row in rows}) == 1
    assert {row[1].partition("?")[2] for row in rows} == {"db=2", "db=4"}
    assert {row[2].rpartition("/")[2] for row in rows} == {"static-gw0", "static-gw1"}
    assert checkout.processes() == []


def test_runs_at_the_same_time_get_servers_of_their_own(checkout: Checkout) -> None:
    (checkout.root / "test_show.py").write_text(SHOW)
    (checkout.root / "hold").touch()
    first = subprocess.Popen(
        [*PYTEST, "test_show.py"], cwd=checkout.root, env=checkout.environment(**FEW_PLUGINS), stdout=subprocess.DEVNULL
    )
    wait_until((checkout.root / "seen").exists, what="the first run")
    second = subprocess.Popen(
        [*PYTEST, "test_show.py"], cwd=checkout.root, env=checkout.environment(**FEW_PLUGINS), stdout=subprocess.DEVNULL
    )
    wait_until(lambda: len(seen(checkout)) == 2, what="the second run")
    (checkout.root / "hold").unlink()
    assert (first.wait(timeout=60), second.wait(timeout=60)) == (0, 0)
    addresses = {row[0] for row in seen(checkout)}
    assert len(addresses) == 2
    assert sorted(path.name for path in checkout.data.glob("test-*")) == ["test-0", "test-1"]
    assert checkout.processes() == []


def test_a_killed_run_leaves_no_servers_and_its_slot_is_used_again(checkout: Checkout) -> None:
    (checkout.root / "test_show.py").write_text(SHOW)
    (checkout.root / "hold").touch()
    run = subprocess.Popen(
        [*PYTEST, "test_show.py"], cwd=checkout.root, env=checkout.environment(**FEW_PLUGINS), stdout=subprocess.DEVNULL
    )
    wait_until((checkout.root / "seen").exists, what="the run")
    run.kill()
    run.wait()
    (checkout.root / "hold").unlink()
    assert run_pytest(checkout).returncode == 0
    wait_until(checkout.has_nothing_running, what="the end")
    assert [path.name for path in checkout.data.glob("test-*")] == ["test-0"]


def test_a_broken_test_cluster_is_made_anew(checkout: Checkout) -> None:
    assert run_pytest(checkout).returncode == 0
    place = checkout.system_dir() if checkout.system_dir().joinpath("test-0").exists() else checkout.data
    os.unlink(place / "test-0" / "postgresql" / "global" / "pg_control")
    assert run_pytest(checkout).returncode == 0


def test_servers_named_by_the_environment_are_used(checkout: Checkout) -> None:
    ended = run_pytest(
        checkout, "--collect-only", DATABASE_URL="postgresql://db.example/one", REDIS_URL="redis://redis.example/3"
    )
    assert ended.returncode == 0
    assert sorted(path.name for path in (checkout.data / "test-0").iterdir()) == ["owner.lock"]


@pytest.mark.parametrize(
    ("url", "worker", "expected"),
    [
        ("unix:///a/valkey.sock?db=0", None, "unix:///a/valkey.sock?db=0"),
        ("unix:///a/valkey.sock?db=0", "gw0", "unix:///a/valkey.sock?db=2"),
        ("redis://redis.example:6379/3", "gw1", "redis://redis.example:6379/4"),
        ("rediss://user:word@redis.example", "gw0", "rediss://user:word@redis.example/2"),
    ],
)
def test_each_worker_has_a_redis_database_number(url: str, worker: str | None, expected: str) -> None:
    assert redis_url_for(url, worker) == expected
