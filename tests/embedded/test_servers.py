"""What the launcher finds on the disk when it starts: traces of killed runs, data of other versions."""

import os
import signal

from tests.embedded.conftest import Checkout

ELSEWHERE = {"REDIS_URL": "redis://redis.example/0"}


def data_folder(checkout: Checkout) -> str:
    program = (
        "import os, psycopg2; cursor = psycopg2.connect(os.environ['DATABASE_URL']).cursor();"
        "cursor.execute('SHOW data_directory'); print(cursor.fetchone()[0])"
    )
    ended = checkout.python(program, **ELSEWHERE)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_a_stale_pid_file_does_not_block_the_start_while_a_stranger_has_its_number(checkout: Checkout) -> None:
    folder = data_folder(checkout)
    pid_file = os.path.join(folder, "postmaster.pid")
    with open(pid_file, "w") as file:
        file.write(f"{os.getpid()}\n{folder}\n1700000000\n5432\n/nowhere\n\n")
    assert data_folder(checkout) == folder


def test_an_unreadable_pid_file_does_not_block_the_start(checkout: Checkout) -> None:
    folder = data_folder(checkout)
    with open(os.path.join(folder, "postmaster.pid"), "w") as file:
        file.write("nonsense")
    assert data_folder(checkout) == folder


def test_a_killed_server_is_started_on_its_data_again(checkout: Checkout) -> None:
    running = checkout.start("exec", "--", "sh", "-c", "echo ready; while :; do sleep 0.1; done", **ELSEWHERE)
    running.wait_for("ready")
    folder = os.fspath(checkout.system_dir() if checkout.system_dir().exists() else checkout.data)
    (postmaster,) = [
        p for p in checkout.processes("postgres") if folder in " ".join(p.cmdline()) and "-D" in p.cmdline()
    ]
    postmaster.kill()
    running.stop(signal.SIGKILL)
    assert data_folder(checkout)


def test_an_interrupted_initialisation_is_done_again(checkout: Checkout) -> None:
    folder = data_folder(checkout)
    os.rename(folder, f"{folder}.new")
    os.unlink(os.path.join(f"{folder}.new", "global", "pg_control"))
    assert data_folder(checkout) == folder


def test_data_of_another_version_is_refused_with_what_to_do(checkout: Checkout) -> None:
    with open(os.path.join(data_folder(checkout), "PG_VERSION"), "w") as file:
        file.write("14\n")
    ended = checkout.run("exec", "--", "true", **ELSEWHERE)
    assert ended.returncode == 1
    assert "was written by PostgreSQL 14; the server here is 18." in ended.stderr
    assert "pg_dump" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_broken_server_shows_its_log(checkout: Checkout) -> None:
    with open(os.path.join(data_folder(checkout), "postgresql.conf"), "a") as file:
        file.write("no_such_setting = 1\n")
    ended = checkout.run("exec", "--", "true", **ELSEWHERE)
    assert ended.returncode == 1
    assert "PostgreSQL did not start. Its log says:" in ended.stderr
    assert "no_such_setting" in ended.stderr


def test_valkey_starts_again_on_its_data_after_a_kill(checkout: Checkout) -> None:
    elsewhere = {"DATABASE_URL": "postgresql://db.example/one"}
    increase = "import os, redis; print(redis.from_url(os.environ['REDIS_URL']).incr('starts'))"
    assert checkout.python(increase, **elsewhere).stdout == "1\n"
    running = checkout.start("exec", "--", "sh", "-c", "echo ready; while :; do sleep 0.1; done", **elsewhere)
    running.wait_for("ready")
    running.stop(signal.SIGKILL)
    assert checkout.python(increase, **elsewhere).stdout == "2\n"


def test_somebody_elses_folder_in_the_place_of_the_sockets_is_refused(checkout: Checkout) -> None:
    checkout.data.mkdir(mode=0o711)
    (checkout.data / "valkey").symlink_to("/tmp")
    ended = checkout.run("exec", "--", "true", DATABASE_URL="postgresql://db.example/one")
    assert ended.returncode == 1
    assert "is in the way" in ended.stderr
