"""OAuth and OpenID Connect over HTTP: the protocol's endpoints, the pages for people, members' clients."""

from accord.oauth import consent, device, protocol

__all__ = ["consent", "device", "protocol"]
