"""Provisioning: an organisation's directory says over SCIM who belongs, and what admins let it say."""
