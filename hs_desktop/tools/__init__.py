"""What a hand can do to layouts and masks: plain functions on numpy arrays, no Qt.

The tools never keep an array: whoever owns it asks for the rectangle that is going to change,
saves what undo needs, and has the tool write into it.
"""
