"""Detectors look at stored records; what they find is kept with who found it."""
