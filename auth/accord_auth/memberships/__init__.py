"""Who belongs to an organisation, or to the platform's own administration, and in which roles."""
