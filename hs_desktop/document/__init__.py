"""The project that a user edits: layers, undo, files. Knows no window and no tensor."""
