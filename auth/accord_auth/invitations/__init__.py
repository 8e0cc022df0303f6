"""Invitations to act for an organisation, or for the platform, in one role."""
