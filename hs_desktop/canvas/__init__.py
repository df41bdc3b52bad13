"""The view in which photos, layouts and masks are shown and painted on.

It knows no document: what is shown are items over plain numpy arrays (``items``), what the
user does comes out as signals in photo coordinates (``events``). Coordinates are ``(x, y)``,
(0, 0) being the top-left corner of the photo's first pixel.
"""
