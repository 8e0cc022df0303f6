"""Which plugins there are, and which organisation uses them."""
