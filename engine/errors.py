"""Errors that a user can cause: each carries one sentence for people and what is at fault."""

from __future__ import annotations

from engine.sentences import Sentence


class EngineError(Exception):
    """Base of all errors shown to a user. ``str(error)`` is one sentence, no traceback.

    Args:
        sentence: what happened and, where it helps, what to do; it names the file or value at
            fault. The engine's own are ``Sentence`` objects: English, to be translated where
            they are shown.
        subject: the file path or value at fault, for callers that show it apart.
    """

    def __init__(self, sentence: str, *, subject: object = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.subject = subject


class InputFileError(EngineError):
    """A file can't be read as what it should be."""


class OutputFileError(EngineError):
    """A result can't be written."""


class NoPersonError(EngineError):
    """No head was found in a photo."""


class PackError(EngineError):
    """A model pack is missing, damaged or doesn't fit."""


class RequestError(EngineError):
    """A request's values are out of range or don't fit together."""


class DeviceError(EngineError):
    """The device asked for isn't there or can't do the job."""


class Cancelled(EngineError):
    """The job was cancelled by the user."""

    def __init__(self) -> None:
        super().__init__(Sentence("The job was cancelled."))
