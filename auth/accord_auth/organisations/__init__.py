"""Member organisations of the task force."""
