"""Second factors: authenticator apps, passkeys, recovery codes. What proves a person beside, or without, a
password."""
