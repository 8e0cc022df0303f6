"""Where organisations that are no members yet apply, and see how far they are."""
