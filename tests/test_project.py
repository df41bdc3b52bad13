"""The rules of the house that no single module can keep by itself."""

from __future__ import annotations

import ast
import logging
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.resources import resource_path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
WEIGHT_LIMIT = 48_000_000
WINDOW_LIBRARIES = {"PySide6", "PyQt5", "PyQt6", "shiboken6", "qtpy", "qasync", "hs_desktop"}
HEAVY_LIBRARIES = {"torch", "diffusers", "cv2"}

pytest_plugins = ["pytester"]


def _files() -> list[Path]:
    """All files of the project: what git tracks or would add; without git, the folders."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        names = [ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name]
    except (OSError, subprocess.CalledProcessError):
        folders = ("engine", "hs_desktop", "packaging", "resources", "tests")
        names = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    return [path for path in names if path.is_file()]


def _imported(path: Path) -> set[str]:
    """Modules that ``path`` imports, and whatever it takes from one by name, functions included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _imports(path: Path) -> set[str]:
    """Top-level names of the same."""
    return {name.partition(".")[0] for name in _imported(path)}


# --- the two wings -----------------------------------------------------------------------------


def test_engine_imports_no_window() -> None:
    modules = sorted((ROOT / "engine").rglob("*.py"))
    assert modules
    found = {str(m.relative_to(ROOT)): _imports(m) & WINDOW_LIBRARIES for m in modules}
    assert {name: names for name, names in found.items() if names} == {}


def test_what_windows_are_made_of_knows_no_window() -> None:
    """Panels, canvases and tools may stand in any window; only the program opens one."""
    wing = ROOT / "hs_desktop"
    modules = [
        path
        for path in sorted(wing.rglob("*.py"))
        if path.relative_to(wing).parts[0] not in {"windows", "benchmarks", "app.py"}
    ]
    found = {str(path.relative_to(ROOT)): _imported(path) for path in modules}
    assert {"hs_desktop/exporting.py", "hs_desktop/panels/variations.py"} <= set(found)
    wrong = {
        name: [module for module in imported if module.startswith("hs_desktop.windows")]
        for name, imported in found.items()
    }
    assert {name: modules for name, modules in wrong.items() if modules} == {}


def test_what_comes_before_the_first_paint_is_light() -> None:
    """The window, the top of ``hs_desktop`` and the argument parser import no heavy library."""
    decoders = {"reading", "reading_psd"}  # they come with the first file
    modules = [
        f"hs_desktop.{path.stem}"
        for path in sorted((ROOT / "hs_desktop").glob("*.py"))
        if path.stem not in {"__init__", *decoders}
    ]
    assert {"hs_desktop.cli", "hs_desktop.app"} <= set(modules)
    script = f"""
import contextlib, importlib, io, sys
for module in {modules!r}:
    importlib.import_module(module)
sys.argv = ["hs-desktop", "--help"]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    sys.modules["hs_desktop.cli"].main()
print(sorted({HEAVY_LIBRARIES!r} & set(sys.modules)))
"""
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout.strip()) == (0, "[]"), run.stderr


# --- files -------------------------------------------------------------------------------------


def test_no_file_is_too_large() -> None:
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in _files()}
    assert {name: size for name, size in sizes.items() if size >= WEIGHT_LIMIT} == {}


def test_weights_are_safetensors() -> None:
    """Nothing that comes with the project has to be unpickled."""
    pickled = {".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"}
    assert [path for path in _files() if path.suffix in pickled] == []


def test_packaging_is_no_package() -> None:
    """With an ``__init__.py`` it would shadow the library ``packaging``."""
    assert (ROOT / "packaging").is_dir()
    assert not list((ROOT / "packaging").rglob("__init__.py"))


@pytest.mark.parametrize("name", [".ci/run", "packaging/system-packages.sh"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no executable bit")
def test_scripts_can_be_run(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)


@pytest.mark.parametrize("name", ["astronaut.png", "grace_hopper.jpg", "SOURCES.md"])
def test_samples_are_found(name: str) -> None:
    assert resource_path(f"samples/{name}").is_file()


def test_resource_path_rejects_what_is_not_shipped() -> None:
    with pytest.raises(FileNotFoundError, match="no-such-file"):
        resource_path("samples/no-such-file.png")
    with pytest.raises(ValueError, match="not a resource"):
        resource_path("../pyproject.toml")


# --- README ------------------------------------------------------------------------------------


def test_make_targets_in_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):(?!=)", makefile, re.MULTILINE))
    code = re.findall(r"^```.*?^```|`[^`\n]+`", README, re.MULTILINE | re.DOTALL)
    named = {name for part in code for name in re.findall(r"\bmake ([a-z]+)", part)}
    assert {"run", "test"} <= named
    assert named <= targets


def _documented_commands() -> dict[str, set[str]]:
    """Subcommand -> long options, from the README's code blocks (indented lines go on)."""
    commands: dict[str, set[str]] = {}
    for block in re.findall(r"^```\w*\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        for line in re.sub(r"\n[ \t]+", " ", block).splitlines():
            if match := re.match(r"(?:python main\.py|hs-desktop) ([a-z-]+)(.*)", line):
                options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", match[2]))
                commands.setdefault(match[1], set()).update(options)
    return commands


@pytest.mark.parametrize(("command", "options"), sorted(_documented_commands().items()))
def test_commands_in_readme_exist(
    command: str,
    options: set[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from hs_desktop.cli import main

    monkeypatch.setattr(sys, "argv", ["hs-desktop", command, "--help"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    known = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", capsys.readouterr().out))
    assert options <= known


# --- the guards in conftest.py -----------------------------------------------------------------


@pytest.mark.parametrize("level", ["warning", "error"])
def test_unexpected_log_records_fail_a_test(pytester: pytest.Pytester, level: str) -> None:
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(
        f"""
        import logging, threading

        def test_logs(): logging.getLogger("x").{level}("oh no")
        def test_logs_in_a_thread():
            thread = threading.Thread(target=logging.getLogger("x").{level}, args=("oh no",))
            thread.start(); thread.join()
        def test_may_log(allow_log): logging.getLogger("x").{level}("oh no")
        def test_is_quiet(): logging.getLogger("x").info("fine")
        """
    )
    run = pytester.runpytest_subprocess("-p", "no:pytest-qt")
    run.assert_outcomes(passed=2, failed=2)
    run.stdout.fnmatch_lines([f"*{level.upper()} x: oh no*"])


@pytest.mark.usefixtures("allow_log")
def test_allow_log() -> None:
    logging.getLogger(__name__).warning("expected")


def test_network_is_blocked() -> None:
    blocked = pytest.raises(RuntimeError, match="a test tried to")
    with blocked:
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with blocked:
        socket.create_connection(("example.com", 80), timeout=1)
    with socket.socket() as tcp, blocked:
        tcp.connect_ex(("192.0.2.1", 80))
    with socket.socket(type=socket.SOCK_DGRAM) as udp, blocked:
        udp.sendto(b"", ("192.0.2.1", 80))


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: server.accept()[0].close())
        thread.start()
        socket.create_connection(server.getsockname(), timeout=5).close()
        thread.join()
