"""Files that come with the program: sample photos, the embedded model pack, icons."""

from __future__ import annotations

from pathlib import Path

# `resources/` lies beside `engine/`, in a checkout as well as where pip installs the two.
_ROOT = Path(__file__).resolve().parent.parent / "resources"


def resource_path(name: str) -> Path:
    """The path of the shipped file or folder ``name``, e.g. ``"samples/astronaut.png"``.

    Args:
        name: path below ``resources/``, with forward slashes.

    Raises:
        FileNotFoundError: the installation lacks it (a fault of the installation or of the
            caller, not of a user's input).
        ValueError: ``name`` leads out of ``resources/``.
    """
    path = (_ROOT / name).resolve()
    if not path.is_relative_to(_ROOT):
        raise ValueError(f"not a resource: {name!r}")
    if not path.exists():
        raise FileNotFoundError(f"the installation lacks {path}")
    return path
