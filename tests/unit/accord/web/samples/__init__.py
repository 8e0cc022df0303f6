"""Synthetic view models for every page: what templates are drawn with in tests."""
