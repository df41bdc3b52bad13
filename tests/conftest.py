"""What holds for every test: no window on the screen, no network, no unexpected log records."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import socket
import tempfile
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["LANGUAGE"] = "en"
# Started in the background by a shell, we are made to ignore Ctrl-C; some tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The cores may be busy, so no deadlines. The examples are the same in every run; search for new
# ones with `pytest --hypothesis-profile=explore`.
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.register_profile("same", deadline=None, derandomize=True)
settings.load_profile("same")


# --- the user's own settings, caches and data are out of reach ---------------------------------


@pytest.fixture(scope="session", autouse=True)
def _own_user_folders() -> Iterator[None]:
    with (
        tempfile.TemporaryDirectory(prefix="hs-desktop-test-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name in ("CONFIG", "CACHE", "DATA", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", os.path.join(folder, name.lower()))
        yield


# --- log records -------------------------------------------------------------------------------


@pytest.fixture
def allow_log() -> None:
    """For a test in which log records of level WARNING or higher are to be expected."""


class _Alarms(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.levelname} {record.name}: {record.getMessage()}")


def _fail_on_alarms(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail this phase of ``item`` if anything, in any thread, logs a warning or an error."""
    alarms = _Alarms()
    logging.getLogger().addHandler(alarms)
    try:
        result = yield
    finally:
        logging.getLogger().removeHandler(alarms)
    if alarms.messages and "allow_log" not in getattr(item, "fixturenames", ()):
        pytest.fail("unexpected log records:\n" + "\n".join(alarms.messages), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    return (yield from _fail_on_alarms(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    return (yield from _fail_on_alarms(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    return (yield from _fail_on_alarms(item))


# --- network -----------------------------------------------------------------------------------


class NetworkBlockedError(RuntimeError):
    """A test tried to reach the network. Not an OSError: nothing shall take it for bad luck."""


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _check(family: int, address: Any) -> None:
    if family == getattr(socket, "AF_UNIX", None):
        return
    if family in (socket.AF_INET, socket.AF_INET6) and _is_local(address[0]):
        return
    raise NetworkBlockedError(f"a test tried to reach {address!r}")


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Let Python's sockets reach this machine only: AF_UNIX and loopback."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    sendto, getaddrinfo = socket.socket.sendto, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self.family, address)
        return connect_ex(self, address)

    def guarded_sendto(self: socket.socket, data: Any, *flags_and_address: Any) -> int:
        _check(self.family, flags_and_address[-1])
        return sendto(self, data, *flags_and_address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_local(host):
            raise NetworkBlockedError(f"a test tried to look up {host!r}")
        return getaddrinfo(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket.socket, "sendto", guarded_sendto)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield
