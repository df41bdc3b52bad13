"""The user's preferences, kept in a file of the user's configuration folder."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from psygnal import Signal

from engine.errors import EngineError
from engine.fileoptions import FileOptions
from engine.writing import atomic_write, remove_parts
from hs_desktop.settings import PREFERENCES, SAMPLING, Value, checked_values, setting

RECENT = 12  # projects remembered
_log = logging.getLogger(__name__)


class Preferences:
    """Values of ``settings.PREFERENCES``, presets, recent files, shortcuts, window layout.

    Every change is written at once, aside and then renamed; what a newer version has put into
    the file stays there. One that can't be read counts as empty, and is put aside
    (``.damaged``) before another is written.

    Args:
        path: the JSON file.

    Attributes:
        changed: emits the key of a preference that has another value now.
    """

    changed = Signal(str)

    def __init__(self, path: Path) -> None:
        self._path = path
        # Should another editor be writing at this very moment, its next change writes all again.
        remove_parts(path.parent)
        stored = _read(path)
        self._is_damaged = stored is None
        self._stored = stored or {}
        self._values: dict[str, Value] = {row.key: row.default for row in PREFERENCES}
        self._values.update(checked_values(self._section("preferences"), PREFERENCES))

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: object) -> None:
        checked = setting(key).checked(value)
        if checked == self._values[key]:
            return
        self._values[key] = checked
        self._section("preferences")[key] = checked
        self._write()
        self.changed.emit(key)

    def reset(self) -> None:
        """All preferences to their defaults; presets and recent files stay."""
        for row in PREFERENCES:
            self[row.key] = row.default

    @property
    def file_options(self) -> FileOptions:
        """How pictures are exported."""
        bits = {"8": 8, "16": 16}.get(self["bits"])
        return FileOptions(self["quality"], self["lossless"], bits)

    # --- presets of the sampling panel ---------------------------------------------------------

    @property
    def presets(self) -> dict[str, dict[str, Value]]:
        """Sampling values by the name they were saved under; the seed is never among them."""
        rows = tuple(row for row in SAMPLING if row.key != "seed")
        return {
            name: checked_values(values, rows)
            for name, values in self._section("presets").items()
            if isinstance(values, dict)
        }

    def save_preset(self, name: str, values: dict[str, Any]) -> None:
        """Keep sampling values under a name, in the place of those that had it before."""
        self._section("presets")[name] = {k: v for k, v in values.items() if k != "seed"}
        self._write()
        self.changed.emit("presets")

    def delete_preset(self, name: str) -> None:
        if self._section("presets").pop(name, None) is not None:
            self._write()
            self.changed.emit("presets")

    # --- recent projects -----------------------------------------------------------------------

    @property
    def recent(self) -> list[Path]:
        """Projects, the last one first; those that are gone are left out."""
        stored = self._stored.get("recent")
        paths = [Path(p) for p in stored if isinstance(p, str)] if isinstance(stored, list) else []
        return [path for path in paths if path.is_file()]

    def add_recent(self, path: Path) -> None:
        known = [str(path.absolute()), *(str(p) for p in self.recent if p != path.absolute())]
        self._stored["recent"] = known[:RECENT]
        self._write()
        self.changed.emit("recent")

    def clear_recent(self) -> None:
        self._stored["recent"] = []
        self._write()
        self.changed.emit("recent")

    # --- what windows keep ---------------------------------------------------------------------

    def kept(self, name: str) -> Any:
        """What was kept under this name (JSON), ``None`` without: shortcuts, window layout."""
        return self._section("kept").get(name)

    def keep(self, name: str, value: Any) -> None:
        self._section("kept")[name] = value
        self._write()

    # --- parts ---------------------------------------------------------------------------------

    def _section(self, name: str) -> dict[str, Any]:
        section = self._stored.get(name)
        if not isinstance(section, dict):
            section = self._stored[name] = {}
        return section

    def _write(self) -> None:
        # Escaped: names of files needn't be valid text, and would not go into UTF-8.
        data = json.dumps(self._stored, indent=1).encode("ascii")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._is_damaged:  # what is in it may still be of use to somebody
                self._path.replace(self._path.with_name(self._path.name + ".damaged"))
                self._is_damaged = False
            with atomic_write(self._path) as file:
                file.write(data)
        except (OSError, EngineError) as error:
            _log.info("preferences are not kept: %s", error)


def _read(path: Path) -> dict[str, Any] | None:
    """What is in the file; ``None`` where that can't be read."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        _log.info("preferences in %s can't be read: %s", path, error)
        return None
    return stored if isinstance(stored, dict) else None
