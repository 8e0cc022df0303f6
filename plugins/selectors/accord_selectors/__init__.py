"""Accord's first-party detector of selectors: ways to reach somebody, prices, ages and places."""
