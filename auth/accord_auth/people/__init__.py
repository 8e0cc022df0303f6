"""People and the roles that they have in organisations."""
