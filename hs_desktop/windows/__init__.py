"""The window and its dialogs. They act on the ``Editor`` and watch its signals."""
