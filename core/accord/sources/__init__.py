"""Data sources by plugin: adding them, pulling from them, and what they gave that is no record."""
