"""Put these invocations in the place of moto's, in process and for the server."""

from __future__ import annotations

from moto.awslambda.models import LambdaFunction

from localaws.awslambda.functions import invoke


def install() -> None:
    """Make moto invoke functions from here; calling it again changes nothing."""
    LambdaFunction.invoke = invoke  # type: ignore[method-assign]
