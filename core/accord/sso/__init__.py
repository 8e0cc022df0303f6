"""Single sign-on over HTTP: the way to an organisation's directory and back, and the pages of its admins."""

from accord.sso import access_pages, entry, pages, protocol

__all__ = ["access_pages", "entry", "pages", "protocol"]
