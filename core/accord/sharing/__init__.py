"""Cases shared with other members, and carried out by case-sharing hooks."""
