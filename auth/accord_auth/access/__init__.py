"""The one way out: every loss of access ends what had been given, in one place."""
