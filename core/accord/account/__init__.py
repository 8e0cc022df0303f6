"""One's own account: acting for another organisation, the password, open sessions, proving who one is."""

from accord.account.factor_pages import blueprint as factors
from accord.account.pages import blueprint
from accord.account.second_step import blueprint as second_step

__all__ = ["blueprint", "factors", "second_step"]
