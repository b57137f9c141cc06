"""Put this backend in the place of moto's own Macie, in process and for the server."""

from __future__ import annotations

import moto.macie2
import moto.macie2.models
import moto.macie2.responses

from localaws.macie2.models import macie2_backends


def install() -> None:
    """Make moto serve ``macie2`` from here; calling it again changes nothing.

    moto finds a service's backends by name in the service's package; its own models and responses look at their
    module's global. These three names are all that is rebound: routes, reset and accounts then follow from moto.
    """
    for module in (moto.macie2, moto.macie2.models, moto.macie2.responses):
        module.macie2_backends = macie2_backends  # type: ignore[attr-defined]
