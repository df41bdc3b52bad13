"""Older projects brought up to the present version, one major version at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hs_desktop.document.errors import ProjectError
from hs_desktop.document.jsonvalues import Fields
from hs_desktop.document.manifest import FORMAT, VERSION
from hs_desktop.i18n import _

Migration = Callable[[dict[str, Any]], dict[str, Any]]

# Major version -> what makes the next one of it. Version 1 is the first there is.
MIGRATIONS: dict[int, Migration] = {}


def migrated(
    manifest: dict[str, Any],
    where: object,
    table: Mapping[int, Migration] = MIGRATIONS,
    present: int = VERSION[0],
) -> dict[str, Any]:
    """``manifest`` as version ``present`` would have written it.

    Args:
        manifest: as it was read.
        where: the file, for the sentence.
        table: what there is to bring it up to date.
        present: the major version wanted.

    Raises:
        ProjectError: it is newer than this program, or no project at all.
        ValueError: its version is none.
    """
    if manifest.get("format") != FORMAT:
        sentence = _('"{path}" is not an HS Desktop project.')
        raise ProjectError(sentence.format(path=where), subject=where)
    major, minor = Fields(manifest).integers("version", 2)
    if major > present:
        sentence = _(
            '"{path}" was made by a newer version of HS Desktop (project format '
            "{major}.{minor}; this one reads up to {present}); update HS Desktop to open it."
        )
        raise ProjectError(
            sentence.format(path=where, major=major, minor=minor, present=present), subject=where
        )
    while major < present:
        manifest = {**table[major](manifest), "version": [major + 1, 0]}
        major += 1
    return manifest
