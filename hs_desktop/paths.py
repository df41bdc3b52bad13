"""Where preferences, logs and autosaves live: what the platform has for it (appdirs)."""

from __future__ import annotations

from pathlib import Path

import appdirs

NAME = "hs-desktop"


def config_folder() -> Path:
    """Preferences and shortcuts."""
    return Path(appdirs.user_config_dir(NAME, appauthor=False))


def data_folder() -> Path:
    """Autosaves, presets and model packs of the user's own."""
    return Path(appdirs.user_data_dir(NAME, appauthor=False))


def log_folder() -> Path:
    return Path(appdirs.user_log_dir(NAME, appauthor=False))


def autosave_folder() -> Path:
    return data_folder() / "autosave"


def packs_folder(chosen: str = "") -> Path:
    """Where the user's own model packs lie: in the folder of their choice, if they made one."""
    return Path(chosen) if chosen else data_folder() / "packs"
