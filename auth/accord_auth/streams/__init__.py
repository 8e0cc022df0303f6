"""Streams of shared signals: admins agree them with other systems; signals come in, and go out."""
