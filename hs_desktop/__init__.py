"""HS Desktop: the window and the command line. It knows no tensor; the engine does the work."""

__version__ = "0.1.0"
PROGRAM = f"HS Desktop {__version__}"  # as it is named in files
