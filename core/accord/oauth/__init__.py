"""OAuth and OpenID Connect over HTTP: the protocol's endpoints, the pages for people, members' clients."""

from accord.oauth import client_pages, consent, device, protocol

__all__ = ["client_pages", "consent", "device", "protocol"]
