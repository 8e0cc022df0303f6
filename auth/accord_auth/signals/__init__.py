"""Shared signals: what a member and Accord tell each other at once when somebody's access ends (RFC 8417)."""
