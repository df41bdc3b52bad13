"""How the editor feels under the hand, in figures: ``bench --gui``.

Each measure runs in a process of its own, in the real window, with real mouse events.
"""
