"""The condition keys of every request.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from localaws.iam.callers import Caller
from localaws.iam.matching import Keys
from localaws.iam.policy import Permission


def keys_of(caller: Caller, permission: Permission, environ: dict[str, Any], region_name: str) -> Keys:
    """Return the keys of AWS and those of the service, which come last.

    ``aws:SecureTransport`` is true although the local AWS speaks HTTP: with the SDKs' defaults a request to AWS
    is made over TLS, and a policy that refuses all else would refuse everything here.
    """
    now = datetime.now(UTC)
    keys = {
        "aws:principalarn": (caller.principal_arn,),
        "aws:principalaccount": (caller.account_id,),
        "aws:principaltype": ("User" if caller.user_name else "AssumedRole",),
        "aws:principalisawsservice": ("false",),
        "aws:viaawsservice": ("false",),
        "aws:userid": (caller.user_id,),
        "aws:requestedregion": (region_name,),
        "aws:resourceaccount": (permission.account_id or caller.account_id,),
        "aws:securetransport": ("true",),
        "aws:sourceip": (environ.get("REMOTE_ADDR", "127.0.0.1"),),
        "aws:useragent": (environ.get("HTTP_USER_AGENT", ""),),
        "aws:currenttime": (now.isoformat(timespec="seconds"),),
        "aws:epochtime": (str(int(now.timestamp())),),
        **{f"aws:principaltag/{name.lower()}": (value,) for name, value in caller.tags},
    }
    if caller.user_name:
        keys["aws:username"] = (caller.user_name,)
    service = permission.action.partition(":")[0]
    if service == "s3":
        keys["s3:resourceaccount"] = keys["aws:resourceaccount"]
        keys["s3:tlsversion"] = ("1.3",)
        keys["s3:signatureversion"] = ("AWS4-HMAC-SHA256",)
    if service == "kms":
        keys["kms:calleraccount"] = (caller.account_id,)
    return {**keys, **permission.keys}
