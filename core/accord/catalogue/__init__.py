"""What plugins there are, what each is for, and how it is doing here."""
