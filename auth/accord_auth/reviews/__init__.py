"""Access reviews: every quarter somebody says of each access whether it is still needed, or it ends."""
