"""The bootstrap that CDK templates expect of an account: a bucket that holds their assets, and its version."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from boto3.session import Session

    from workbench.localcloud.synth import FileAsset

__all__ = ["upload"]

# The least that templates of today's CDK ask for is 6; only its being there is checked.
_BOOTSTRAP_VERSION: Final = "21"
_PARAMETER: Final = "/cdk-bootstrap/hnb659fds/version"


def upload(assets: Iterable[FileAsset], session: Session, endpoint_url: str) -> dict[FileAsset, str]:
    """Put assets where their template looks for them; what is there already stays, for a key names its content.

    Parameters
    ----------
    assets : iterable of FileAsset
        From the cloud assembly.
    session : boto3.session.Session
        Of the emulator's root.
    endpoint_url : str
        The emulator.

    Returns
    -------
    dict
        The address of each.
    """
    session.client("ssm", endpoint_url=endpoint_url).put_parameter(
        Name=_PARAMETER, Value=_BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )
    account = session.client("sts", endpoint_url=endpoint_url).get_caller_identity()["Account"]
    s3 = session.client("s3", endpoint_url=endpoint_url)
    names = {"${AWS::AccountId}": account, "${AWS::Region}": session.region_name}
    addresses = {}
    for asset in assets:
        bucket = asset.bucket
        for pseudo_parameter, value in names.items():
            bucket = bucket.replace(pseudo_parameter, value)
        s3.create_bucket(Bucket=bucket)
        if not _is_there(s3, bucket, asset.key):
            s3.put_object(Bucket=bucket, Key=asset.key, Body=_content(asset))
        addresses[asset] = f"{endpoint_url}/{bucket}/{asset.key}"
    return addresses


def _is_there(s3: Any, bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
            return False
        raise
    return True


def _content(asset: FileAsset) -> bytes:
    return _zip(asset.source) if asset.zipped else asset.source.read_bytes()


def _zip(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            bundle.write(path, path.relative_to(folder).as_posix())
    return content.getvalue()
