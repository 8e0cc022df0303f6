"""Pages about an organisation's sources: what they bring, when they are pulled, why one stopped."""
