"""Person finding: where a head is in any photo, and the map to its canonical frame."""
