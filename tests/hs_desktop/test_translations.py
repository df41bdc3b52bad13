"""The sentences of the sources and their translations."""

from __future__ import annotations

import ast
import gettext
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo

from engine.errors import Cancelled, RequestError
from engine.resources import resource_path
from engine.sentences import Sentence
from hs_desktop import i18n
from hs_desktop.cli import build_parser, main
from hs_desktop.settings import PREFERENCES, SAMPLING
from hs_desktop.windows.action_set import plain

ROOT = Path(__file__).resolve().parents[2]
READ_BACK = "hs_desktop/document/manifest_sentences.py"  # literals when they were written
MNEMONIC = re.compile(r"&(?!&)(.)")


def _load_script() -> ModuleType:
    """``packaging/`` is no package."""
    path = ROOT / "packaging" / "translations.py"
    spec = importlib.util.spec_from_file_location("translations_script", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


script = _load_script()
CODES = sorted(path.name for path in script.FOLDER.iterdir())
CALLS = list(script.calls())


def _translated(code: str) -> dict[str, str]:
    """Sentence -> translation."""
    return {message.id: message.string for message in script.read(code) if message.id}


@pytest.fixture
def korean() -> Iterator[None]:
    i18n.install(["ko"])
    yield
    i18n.install(["en"])


# --- the sources -------------------------------------------------------------------------------


def _is_looked_up(node: ast.expr | None) -> bool:
    """A variable, an attribute or an item: where a sentence marked with ``N_`` may lie."""
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript)


def test_sentences_are_literals() -> None:
    """A sentence put together at run time is in no catalogue."""
    assert len(CALLS) > 700
    wrong = [
        f"{call.path}:{call.line}"
        for call in CALLS
        if not (call.sentence or (call.function == "_" and _is_looked_up(call.argument)))
        and call.path != READ_BACK
    ]
    assert wrong == []


def test_nothing_is_translated_before_the_language_is_known() -> None:
    early = [
        f"{call.path}:{call.line}" for call in CALLS if call.function == "_" and call.at_import
    ]
    assert early == []


def test_catalogues_belong_to_the_domain_that_is_installed() -> None:
    assert script.DOMAIN == i18n.DOMAIN
    assert resource_path("translations").samefile(script.FOLDER)


# --- the catalogues ----------------------------------------------------------------------------


def test_there_is_korean() -> None:
    assert "ko" in CODES


@pytest.mark.parametrize("code", CODES)
def test_every_sentence_is_translated(code: str) -> None:
    catalogue = script.read(code)
    known = {message.id for message in catalogue if message.id}
    used = {call.sentence for call in CALLS if call.sentence}
    assert (used - known, known - used) == (set(), set()), "run `make translations`"
    missing = [m.id for m in catalogue if m.id and (m.fuzzy or not m.string)]
    assert missing == []


@pytest.mark.parametrize("code", CODES)
def test_placeholders_are_the_same(code: str) -> None:
    for sentence, translation in _translated(code).items():
        assert _placeholders(sentence) == _placeholders(translation), sentence


def _placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{[^{}]*\}", text) + re.findall(r"\[\*\]", text))


@pytest.mark.parametrize("code", CODES)
def test_ends_are_the_same(code: str) -> None:
    """Full stops, dots of what asks further, colons, and the blank after what joins."""
    for sentence, translation in _translated(code).items():
        assert _ends(sentence) == _ends(translation), sentence


def _ends(text: str) -> tuple[str, str]:
    last, blank = text.rstrip()[-1], text[len(text.rstrip()) :]
    return last if last in ".…:?" else "", blank


@pytest.mark.parametrize("code", CODES)
def test_mnemonics_are_the_same(code: str) -> None:
    """The same letters: as they don't clash in English, they don't in another language."""
    for sentence, translation in _translated(code).items():
        wanted, given = MNEMONIC.findall(sentence), MNEMONIC.findall(translation)
        assert [key.upper() for key in wanted] == [key.upper() for key in given], sentence


def test_mnemonics_stand_apart_in_korean() -> None:
    for sentence, translation in _translated("ko").items():
        if MNEMONIC.search(sentence):
            assert re.search(r"\(&[A-Z0-9]\)[…:]?$", translation), sentence
            assert not re.search(r"[&()…]", plain(translation)), sentence


@pytest.mark.parametrize("code", CODES)
def test_what_is_loaded_is_what_is_written(code: str) -> None:
    with script.catalogue_path(code, ".mo").open("rb") as file:
        loaded: Catalog = read_mo(file)
    assert {m.id: m.string for m in loaded if m.id} == _translated(code), "run `make translations`"


# --- the language that is installed ------------------------------------------------------------


@pytest.mark.usefixtures("korean")
def test_korean_is_installed() -> None:
    assert i18n._("Undo") == "실행 취소"
    assert i18n._("Seed {seed}").format(seed=7) == "시드 7"
    assert i18n._("no such sentence") == "no such sentence"


@pytest.mark.usefixtures("korean")
def test_what_the_engine_says_is_translated() -> None:
    size = Sentence("The {what} is {width} x {height} pixels, its photo "
                    "{photo_width} x {photo_height}.", what=Sentence("head mask"),
                    width=1, height=2, photo_width=3, photo_height=4)  # fmt: skip
    error = RequestError(size, subject="head mask")
    assert str(error) == "The head mask is 1 x 2 pixels, its photo 3 x 4."
    assert i18n.translated(error) == "머리 마스크 크기는 1 x 2픽셀인데 사진 크기는 3 x 4픽셀입니다."
    assert i18n.translated(Cancelled()) == "작업이 취소되었습니다."
    assert i18n.translated(RequestError("{say} it")) == "{say} it"
    assert i18n.translated(OSError(2, "No such file")) == "[Errno 2] No such file"


def test_untranslated_the_engine_says_the_same() -> None:
    for sentence in (Sentence("{path} is empty.", path="{x}"), Sentence("{x} is no {y}")):
        assert i18n.translated(sentence) == sentence


@pytest.mark.usefixtures("korean")
def test_the_command_line_says_errors_in_korean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANGUAGE", "ko")
    empty = tmp_path / "empty.png"
    empty.touch()
    assert main(["parse", str(empty), "-o", str(tmp_path / "out.png")]) == 2
    assert capsys.readouterr().err == f'"{empty}"이(가) 비어 있습니다.\n'


@pytest.mark.usefixtures("korean")
def test_tables_are_translated_where_they_are_shown() -> None:
    own = {name for row in PREFERENCES for _value, name in row.choices if name in NATIVE_NAMES}
    assert own == NATIVE_NAMES
    for row in (*SAMPLING, *PREFERENCES):
        names = {row.label, row.help, *(name for _value, name in row.choices)} - {""}
        assert all(i18n._(name) != name for name in names - NATIVE_NAMES), row.key


NATIVE_NAMES = {"English", "한국어"}


@pytest.mark.usefixtures("korean")
def test_help_of_the_command_line() -> None:
    """argparse takes ``%`` in a translation for a placeholder of its own."""
    parser = build_parser()
    assert "한 사진의 머리를" in parser.format_help()
    (commands,) = (a.choices for a in parser._actions if isinstance(a.choices, dict))
    for command in commands.values():
        assert re.search("[가-힣]", command.format_help())


@pytest.mark.parametrize(
    ("languages", "is_korean"),
    [
        (["ko"], True),
        (["ko-KR"], True),
        (["ko_KR.UTF-8"], True),
        (["de-DE", "ko-KR", "en"], True),
        (["en-GB", "ko-KR"], False),
        (["C", "ko"], False),
        (["de"], False),
        ([], False),
    ],
)
def test_the_most_wanted_language_is_taken(languages: list[str], is_korean: bool) -> None:
    i18n.install(languages)
    try:
        assert (i18n._("Undo") == "실행 취소") is is_korean
    finally:
        i18n.install(["en"])


@pytest.mark.parametrize(
    ("language", "locale", "is_korean"),
    [("", "ko_KR.UTF-8", True), ("ko:en", "en_US.UTF-8", True), ("en_US:ko", "ko_KR", False)],
)
def test_the_environment_chooses(
    language: str, locale: str, is_korean: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGUAGE", language)
    monkeypatch.setenv("LANG", locale)
    i18n.install()
    try:
        assert (i18n._("Undo") == "실행 취소") is is_korean
    finally:
        i18n.install(["en"])


# --- the tool ----------------------------------------------------------------------------------


def test_update(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is there is kept, what is gone goes, and what is new is to be translated."""
    source = tmp_path / "window.py"
    source.write_text('_("Open")\nN_("two "\n   "parts")\nClassInfo(1, "hat")\n_(name)\n')
    monkeypatch.setattr(script, "ROOT", tmp_path)
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    monkeypatch.setattr(script, "SOURCES", ("window.py",))
    assert script.update("fr") == "fr: 3 sentences, 3 new, 0 gone, 3 to be translated"
    po = script.catalogue_path("fr", ".po")
    text = po.read_text("utf-8").replace('"Open"\nmsgstr ""', '"Open"\nmsgstr "Ouvrir"')
    po.write_text(text, "utf-8")
    source.write_text('_("Opened")\n_("Open")\n')
    assert script.update("fr") == "fr: 2 sentences, 1 new, 2 gone, 1 to be translated"
    assert _translated("fr") == {"Open": "Ouvrir", "Opened": ""}
    written = po.read_bytes()
    assert script.update("fr") == "fr: 2 sentences, 0 new, 0 gone, 1 to be translated"
    assert po.read_bytes() == written
    with script.catalogue_path("fr", ".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Open") == "Ouvrir"
