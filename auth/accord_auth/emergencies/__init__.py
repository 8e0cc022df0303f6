"""Emergency reading: for a while, and in everybody's sight, a platform admin reads a member's case data."""
