"""What can go wrong with a project, as sentences for people."""

from __future__ import annotations

from engine.errors import EngineError


class ProjectError(EngineError):
    """A project file or folder can't be read or written as what it should be."""


class LayerError(EngineError):
    """A layer can't be changed in the way asked for."""
