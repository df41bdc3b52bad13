"""The language of the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from hs_desktop import i18n


def test_language(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import struct

    def catalogue(pairs: dict[str, str]) -> bytes:
        """A .mo file."""
        texts = [(a.encode(), b.encode()) for a, b in sorted(pairs.items())]
        at = 28 + 16 * len(texts)
        tables: list[bytes] = []
        data = b""
        for column in (0, 1):
            for text in texts:
                tables.append(struct.pack("<II", len(text[column]), at + len(data)))
                data += text[column] + b"\0"
        head = struct.pack("<7I", 0x950412DE, 0, len(texts), 28, 28 + 8 * len(texts), 0, 0)
        return head + b"".join(tables) + data

    folder = tmp_path / "ko" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    header = "Content-Type: text/plain; charset=UTF-8\n"
    (folder / "hs_desktop.mo").write_bytes(catalogue({"": header, "Stopped.": "중지됨."}))
    monkeypatch.setattr(i18n, "resource_path", lambda name: tmp_path)
    i18n.install(["ko"])
    try:
        assert (i18n._("Stopped."), i18n._("done"), i18n._("")) == ("중지됨.", "done", "")
    finally:
        i18n.install(["en"])
    assert i18n._("Stopped.") == "Stopped."
