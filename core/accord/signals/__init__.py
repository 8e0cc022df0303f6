"""Shared signals over HTTP: the address that takes them, the job that sends, the admins' page."""
