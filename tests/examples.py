"""Number of examples of property tests."""

from __future__ import annotations

import os

_SHARE = 10
_FEWEST = 5


def examples(number: int) -> int:
    """Return the number of examples: all, but in `make test`, which sets FEW_EXAMPLES, a tenth."""
    return max(number // _SHARE, _FEWEST) if os.environ.get("FEW_EXAMPLES") else number
