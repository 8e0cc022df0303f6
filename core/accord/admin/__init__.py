"""What a platform admin sees: who takes part, who wants to, and no case data."""
