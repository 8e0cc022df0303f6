"""Accord as OAuth 2.1 authorization server and OpenID provider, on Authlib.

Protocol only: nothing here knows Flask. `accord.oauth` has the endpoints and pages.
"""
