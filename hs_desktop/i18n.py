"""The language of everything a user reads: English, unless a translation is installed.

Sentences are written in English inside ``_("...")``; values go in with ``.format``, so that
a translation may put them elsewhere: ``_('"{path}" is missing.').format(path=path)``.
"""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Sequence

from engine.errors import EngineError
from engine.resources import resource_path
from engine.sentences import Sentence

DOMAIN = "hs_desktop"
_translations: gettext.NullTranslations = gettext.NullTranslations()


def _(sentence: str) -> str:
    """``sentence`` in the user's language, itself where there is no translation."""
    # gettext gives the catalogue's header for the empty string
    return _translations.gettext(sentence) if sentence else sentence


def translated(said: str | BaseException) -> str:
    """What the engine says, or an error, in the user's language.

    Whatever is no ``Sentence`` of the engine's comes back as it is: it has been translated
    where it was made, or it can't be.
    """
    sentence = said.sentence if isinstance(said, EngineError) else said
    if not isinstance(sentence, Sentence):
        return str(sentence)
    if not sentence.values:
        return _(sentence.template)
    values = {
        name: translated(value) if isinstance(value, Sentence) else value
        for name, value in sentence.values.items()
    }
    return _(sentence.template).format(**values)


def N_(sentence: str) -> str:
    """``sentence`` itself, marked for translation where it will be shown."""
    return sentence


def install(languages: Sequence[str] | None = None) -> None:
    """Choose the language from now on.

    Args:
        languages: codes such as ``"ko"`` or ``"ko-KR"``, the most wanted first; ``None`` takes
            those of the environment (LANGUAGE, LC_ALL, LC_MESSAGES, LANG).
    """
    global _translations
    try:
        folder = resource_path("translations")
    except FileNotFoundError:
        _translations = gettext.NullTranslations()
        return
    wanted = _before_english(_of_environment() if languages is None else languages)
    _translations = gettext.translation(DOMAIN, folder, wanted, fallback=True)


def _of_environment() -> list[str]:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value.split(":")
    return []


def _before_english(languages: Sequence[str]) -> list[str]:
    """Those that are wanted more than English, which has no catalogue, as gettext writes them."""
    wanted: list[str] = []
    for code in languages:
        if re.split("[-_.@]", code)[0] in ("en", "C", "POSIX"):
            break
        wanted.append(code.replace("-", "_"))
    return wanted
