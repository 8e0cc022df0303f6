"""The people of an organisation: who belongs, in which roles, who is invited; accepting an invitation."""

from accord.people.accepting import blueprint as invitations
from accord.people.pages import blueprint

__all__ = ["blueprint", "invitations"]
