"""Records that belong together become leads, by what they share."""
