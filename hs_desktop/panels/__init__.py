"""The panels round the canvas: each acts on the ``Editor`` and watches its signals."""
