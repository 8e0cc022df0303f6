"""Accord: organisations acting together against human trafficking."""
