"""How organisations become members, are vetted, stay and leave."""
