"""The editor is killed; ``python -m tests.kills`` does it as often as is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kills import kills


@pytest.mark.slow
def test_a_killed_editor_loses_next_to_nothing(tmp_path: Path) -> None:
    told = list(kills(3, tmp_path, seconds=4.0, autosave=1.0, megapixels=0.25, seed=3))
    assert len(told) == 3
    assert [kill.problems for kill in told] == [[], [], []]
