"""What people do with their own account: password and sessions."""
