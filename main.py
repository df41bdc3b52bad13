"""`python main.py` opens the editor; `python main.py swap …` and its siblings need no window."""

import sys

from hs_desktop.cli import main

if __name__ == "__main__":
    sys.exit(main())
