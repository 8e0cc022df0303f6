"""Near-duplicate text: `sketch` makes the sketches, `plugin` hands them to the host."""
