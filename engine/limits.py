"""How large a picture may be, and how small a photo."""

MAX_PIXELS = 150_000_000
MIN_SIDE = 16  # px
