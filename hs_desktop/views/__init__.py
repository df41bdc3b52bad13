"""The centre of the window: the three pictures of the open document, each on a canvas."""
