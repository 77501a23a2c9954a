"""Documents to bytes and back: one JSON encoding, one strict decoding, for everything on the wire and in the bucket."""

from __future__ import annotations

import hashlib
from typing import Final, TypeVar

import msgspec

from workbench.errors import ContractError

__all__ = ["SCHEMA_VERSION", "Document", "canonical", "decode", "digest", "encode"]

SCHEMA_VERSION: Final = 1

AnyDocument = TypeVar("AnyDocument", bound="Document")


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of everything that is versioned."""

    schema_version: int = SCHEMA_VERSION


def encode(document: object) -> bytes:
    """Encode a document as one line of JSON.

    Parameters
    ----------
    document : msgspec.Struct or builtin containers
        What to encode.

    Returns
    -------
    bytes
        UTF-8 JSON without line breaks.
    """
    return msgspec.json.encode(document)


def decode(data: bytes | str, kind: type[AnyDocument], *, source: str) -> AnyDocument:
    """Decode a versioned document strictly: unknown or missing fields and wrong types are refused.

    Parameters
    ----------
    data : bytes or str
        JSON.
    kind : type
        Which document it must be.
    source : str
        Where it came from, for the message.

    Returns
    -------
    Document

    Raises
    ------
    ContractError
        If it is not such a document, or of a version that this code does not know.
    """
    try:
        document = msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ContractError(f"{source} is not a valid {kind.__name__}: {error}") from error
    if document.schema_version != SCHEMA_VERSION:
        raise ContractError(
            f"{source} has schema_version {document.schema_version}, this code reads {SCHEMA_VERSION}: "
            "install the workbench version that wrote it, or redeploy the stack from this one"
        )
    return document


def canonical(document: object) -> bytes:
    """Encode with sorted keys, so that equal documents have equal bytes."""
    return msgspec.json.encode(document, order="deterministic")


def digest(data: bytes, *, size: int = 32) -> str:
    """Hash bytes with BLAKE2b.

    Parameters
    ----------
    data : bytes
        What to hash.
    size : int
        Length of the digest in bytes.

    Returns
    -------
    str
        ``2 * size`` hexadecimal digits.
    """
    return hashlib.blake2b(data, digest_size=size).hexdigest()
