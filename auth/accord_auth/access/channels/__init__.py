"""Every channel there is. A new way to act in somebody's name is one more module and one more entry here."""

from __future__ import annotations

from accord_auth.access.channel import Channel
from accord_auth.access.channels import (
    activations,
    clients,
    device_codes,
    directory_tokens,
    emergencies,
    grants,
    invitations,
    jobs,
    pending_sign_ins,
    sessions,
    shares,
    signal_streams,
)

CHANNELS: tuple[Channel, ...] = (
    sessions.CHANNEL,
    pending_sign_ins.CHANNEL,
    grants.CHANNEL,
    clients.CHANNEL,
    device_codes.CHANNEL,
    directory_tokens.CHANNEL,
    emergencies.CHANNEL,
    invitations.CHANNEL,
    jobs.CHANNEL,
    activations.CHANNEL,
    shares.CHANNEL,
    signal_streams.CHANNEL,
)
