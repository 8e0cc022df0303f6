"""Wallet addresses of Bitcoin, Litecoin, Tron and Ethereum, their checksums verified.

Base58Check by the `base58` package; Bech32 and Bech32m after BIP-173 and BIP-350 (no kept package reads
both); the capitals of Ethereum addresses after EIP-55.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import base58

from accord_selectors.folding import Folded
from accord_selectors.mentions import Mention

_BASE58 = re.compile(r"[13LMT](?<![A-Za-z0-9].)[1-9A-HJ-NP-Za-km-z]{24,33}(?![A-Za-z0-9])")
_SEGWIT = re.compile(r"(bc|ltc)1[ac-hj-np-z02-9]{11,71}(?![a-z0-9])")
_ETHEREUM = re.compile(r"(?<![a-zA-Z0-9])0x([0-9a-fA-F]{40})(?![a-zA-Z0-9])")
_VERSIONS = {0x00: "bitcoin", 0x05: "bitcoin", 0x30: "litecoin", 0x32: "litecoin", 0x41: "tron"}
_SEGWIT_CHAINS = {"bc": "bitcoin", "ltc": "litecoin"}

_BECH32_LETTERS = {letter: i for i, letter in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32 = 1
_BECH32M = 0x2BC830A3


def wallets(folded: Folded) -> Iterator[Mention]:
    """The wallet addresses of a text whose checksums hold."""
    low, text = folded.low, folded.text
    for match in _BASE58.finditer(text):
        chain = _base58_chain(match[0])
        if chain:
            yield _mention(chain, match[0], folded.folded_span(*match.span()), 1.0)
    if "0x" in low:
        for match in _ETHEREUM.finditer(text):
            confidence = _ethereum_confidence(match[1])
            if confidence:
                yield _mention("ethereum", match[0].lower(), folded.folded_span(*match.span()), confidence)
    if "c1" in low:
        for match in _SEGWIT.finditer(low):
            written = folded.original(*match.span())
            if (
                not low[match.start() - 1 : match.start()].isalnum()
                and is_segwit(match[0])
                and written in (written.lower(), written.upper())
            ):
                yield _mention(_SEGWIT_CHAINS[match[1]], match[0], match.span(), 1.0)


def _mention(chain: str, address: str, span: tuple[int, int], confidence: float) -> Mention:
    return Mention("wallet", f"{chain}:{address}", *span, confidence, {"chain": chain})


def _base58_chain(address: str) -> str | None:
    try:
        payload = base58.b58decode_check(address)
    except ValueError:  # wrong checksum
        return None
    return _VERSIONS.get(payload[0]) if len(payload) == 21 else None


def _ethereum_confidence(digits: str) -> float:
    """1 where the capitals are the EIP-55 checksum, 0 where they contradict it, 0.8 where there is none."""
    low = digits.lower()
    if digits in (low, digits.upper()):
        return 0.8
    from Crypto.Hash import keccak  # noqa: PLC0415 - loads a parser of C: a fifth of the plugin's start, for a rarity

    digest = keccak.new(digest_bits=256, data=low.encode("ascii")).hexdigest()
    right = "".join(c.upper() if int(h, 16) >= 8 else c for c, h in zip(low, digest, strict=False))
    return 1.0 if right == digits else 0.0


def is_segwit(address: str) -> bool:
    """Whether a lower-case address is a valid witness program of its chain (BIP-173, BIP-350)."""
    prefix, _, letters = address.rpartition("1")
    data = [_BECH32_LETTERS[letter] for letter in letters]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    checksum = _polymod(expanded + data)
    version, program_bits = data[0], (len(data) - 7) * 5
    if checksum != (_BECH32 if version == 0 else _BECH32M) or version > 16:
        return False
    length, padding = divmod(program_bits, 8)
    if padding > 4 or (padding and data[-7] & ((1 << padding) - 1)):
        return False
    return length in (20, 32) if version == 0 else 2 <= length <= 40


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i in range(5):
            check ^= _GENERATOR[i] if (top >> i) & 1 else 0
    return check
