"""Sign-in and server-side sessions."""
