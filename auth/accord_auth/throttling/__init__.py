"""Limits on how often something may be tried, that hold across web servers."""
