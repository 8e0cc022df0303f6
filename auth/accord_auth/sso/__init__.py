"""Signing in with an organisation's own directory (OpenID Connect); Accord is the relying party."""
