"""A detector that its member runs itself, asked over signed HTTPS."""
