"""What the tools do: from a canvas's pointer to edits of the document, one small file a tool."""
