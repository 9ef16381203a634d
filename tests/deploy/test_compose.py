"""docker-compose.yml, held against the rules that keep it right when nobody is looking."""

import re
from typing import Any

import pytest
import yaml

from embedded.programs import QUEUES

Services = dict[str, dict[str, Any]]

SERVICE_KEYS = {
    *("build", "cap_drop", "command", "depends_on", "deploy", "environment", "healthcheck", "image", "init", "ports"),
    *("read_only", "restart", "security_opt", "shm_size", "stop_grace_period", "stop_signal", "tmpfs", "volumes"),
}
HEALTH_KEYS = {"test", "interval", "timeout", "start_period", "retries", "disable"}
DURATION = re.compile(r"^\d+(s|m)$")
PRODUCT = ("web", "worker", "beat", "migrate")
ONE_SHOT = ("migrate",)
# Their images start as root and give it up before they serve.
DROP_ROOT_THEMSELVES = ("postgres", "redis")


def test_has_the_services_of_the_product(compose: dict[str, Any], services: Services) -> None:
    assert set(services) == {*PRODUCT, *DROP_ROOT_THEMSELVES}
    assert {key for key in compose if not key.startswith("x-")} == {"services", "volumes"}


def test_uses_only_known_keys(services: Services) -> None:
    for name, service in services.items():
        assert set(service) <= SERVICE_KEYS, name
        assert set(service.get("healthcheck", {})) <= HEALTH_KEYS, name


def test_commands_and_environment_hold_text_only(services: Services) -> None:
    for name, service in services.items():
        assert all(isinstance(word, str) for word in service.get("command", [])), name
        assert all(isinstance(value, str) for value in service.get("environment", {}).values()), name


def test_every_service_tells_its_health_or_ends(services: Services, dockerfile: str) -> None:
    for name, service in services.items():
        health = service.get("healthcheck")
        if name in ONE_SHOT:
            assert health == {"disable": True}
            assert service["restart"].startswith("on-failure")
        elif name == "web":
            assert health is None
            assert "HEALTHCHECK" in dockerfile
        else:
            assert health is not None, name
            assert health["test"][0] in {"CMD", "CMD-SHELL"}
            for key in ("interval", "timeout", "start_period"):
                assert DURATION.match(health.get(key, "1s")), (name, key)


def test_waits_for_what_it_needs(services: Services) -> None:
    healthy, completed = {"condition": "service_healthy"}, {"condition": "service_completed_successfully"}
    assert services["migrate"]["depends_on"] == {"postgres": healthy}
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"] == {"migrate": completed, "postgres": healthy, "redis": healthy}


def test_what_is_waited_for_exists_and_can_become_so(services: Services) -> None:
    for service in services.values():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert services[other]["healthcheck"].get("disable") is not True
            else:
                assert other in ONE_SHOT


def test_runs_without_privileges(services: Services, dockerfile: str) -> None:
    assert re.search(r"^USER 10001:10001$", dockerfile, re.M)
    for name, service in services.items():
        assert "user" not in service, name
        assert "privileged" not in service
        if name not in DROP_ROOT_THEMSELVES:
            assert service["cap_drop"] == ["ALL"]
            assert service["read_only"] is True
            assert service["security_opt"] == ["no-new-privileges:true"]


def test_only_the_web_server_can_be_reached_from_outside(services: Services) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["web"]
    assert services["web"]["ports"] == ["${WEB_ADDRESS:-127.0.0.1:8000}:8000"]


def test_data_lies_in_named_volumes(compose: dict[str, Any], services: Services) -> None:
    mounted = {name: service["volumes"] for name, service in services.items() if "volumes" in service}
    # Since 18 the image keeps its data in a folder named by version under this one.
    assert mounted == {"postgres": ["postgres:/var/lib/postgresql"], "redis": ["redis:/data"]}
    assert set(compose["volumes"]) == {"postgres", "redis"}


def test_long_running_services_come_back(services: Services) -> None:
    assert {service["restart"] for name, service in services.items() if name not in ONE_SHOT} == {"unless-stopped"}


def test_workers_can_be_multiplied_and_the_scheduler_is_one(services: Services) -> None:
    worker = services["worker"]
    assert not {"container_name", "hostname", "ports", "volumes", "deploy"} & set(worker)
    # A node name of its own would be the same in each copy.
    assert not {"-n", "--hostname"} & set(worker["command"])
    assert services["beat"]["deploy"] == {"replicas": 1}
    assert "--beat" not in worker["command"]
    assert "-B" not in worker["command"]


def test_the_worker_serves_the_same_queues_as_in_the_demo(services: Services) -> None:
    command = services["worker"]["command"]
    assert command[command.index("--queues") + 1] == QUEUES


def test_every_service_of_the_product_has_the_same_settings(services: Services) -> None:
    common = services["worker"]["environment"]
    for name in PRODUCT:
        assert common.items() <= services[name]["environment"].items(), name


def test_nothing_is_lost_by_the_broker_and_text_sorts_alike(services: Services) -> None:
    assert {"noeviction", "--appendonly"} <= set(services["redis"]["command"])
    arguments = services["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    assert {"--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"} <= set(arguments)


def test_secrets_have_no_default(compose: dict[str, Any]) -> None:
    text = yaml.safe_dump(compose, width=10_000)
    for name in ("SECRET_KEY", "SITE_URL", "ALLOWED_HOSTS"):
        assert re.search(rf"\$\{{{name}:\?", text), name
        assert not re.search(rf"\$\{{{name}:?-", text), name
    assert "${POSTGRES_PASSWORD:?" in text


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_servers_are_named_by_major_version(services: Services, name: str) -> None:
    assert re.fullmatch(r"(postgres:18|valkey/valkey:9)", services[name]["image"])
