"""How the proxy proves to the database that it is the proxy, and the other way round. Pure.

A client sees none of it: nonces are used once, and proofs hold for one backend, one transaction and one nonce.
"""

from __future__ import annotations

import hmac
import secrets


class Seal:
    """The secret of one database."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def proof(self, *words: str) -> bytes:
        """HMAC-SHA256 of the words."""
        return hmac.digest(self._key, " ".join(words).encode(), "sha256")

    def holds(self, proof: bytes, *words: str) -> bool:
        """Whether a proof is one of these words."""
        return hmac.compare_digest(proof, self.proof(*words))


def nonce() -> str:
    """A word that nobody can guess."""
    return secrets.token_hex(16)
