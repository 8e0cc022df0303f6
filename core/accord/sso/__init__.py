"""Single sign-on over HTTP: the way to an organisation's directory and back, and the pages of its admins."""
