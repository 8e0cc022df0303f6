"""The life of a plugin that a member publishes: received, checked, decided about, activated, taken back."""
