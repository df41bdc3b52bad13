"""How the names of files end that are opened and written."""

PROJECT = ".hsd"
RAW = (  # of cameras
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef",
    ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf",
    ".srw", ".x3f",
)  # fmt: skip
PHOTOS = (
    ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".heic", ".heif", ".hif",
    ".psd", ".psb", *RAW,
)  # fmt: skip
FLAT = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")  # that ``imageio.write_photo`` writes
LAYERED = (".ora", ".psd")  # that a project can be exported to
