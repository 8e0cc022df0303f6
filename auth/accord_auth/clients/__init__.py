"""An organisation's OAuth clients: registering, changing, removing them; their secrets and tokens."""
