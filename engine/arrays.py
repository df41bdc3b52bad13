"""Names for the arrays that full-resolution work passes around.

OpenCV's annotations know no element types, so these don't either: the names say what is in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]  # H x W x 3 RGB, uint8 or uint16
Field = NDArray[Any]  # float32, one value or colour per place
Mask = NDArray[np.bool_]
Indices = NDArray[Any]  # integers
