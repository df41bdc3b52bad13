"""What tests of the panels share."""

from __future__ import annotations

import pytest

from hs_desktop.document import commands
from hs_desktop.editor import Editor
from tests.hs_desktop.conftest import WindowLoop


@pytest.fixture
def swapped(loaded: Editor, loop: WindowLoop) -> Editor:
    """Three results of the seeds 0, 1 and 2; the first is shown."""
    loaded.document.do(commands.set_settings(variations=3))
    loaded.document.history.seal()
    loaded.swap()
    loop.settle(loaded)
    loaded.document.history.seal()
    return loaded
