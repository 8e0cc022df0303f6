"""What a platform admin sees: who takes part, and no case data."""

from accord.admin.pages import blueprint

__all__ = ["blueprint"]
