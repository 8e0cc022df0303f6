"""Records come in: validated, stored once, in batches."""
