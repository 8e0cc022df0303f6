"""What an organisation's directory said over SCIM: its users and groups, and what they give."""
