"""Indicators for and against exploitation: in texts (`text`), and over leads (`assessor`)."""
