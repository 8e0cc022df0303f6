"""One's own account: acting for another organisation, the password, open sessions, proving who one is."""

from accord.account.pages import blueprint

__all__ = ["blueprint"]
