"""Many expressions as one: whether any of them matches, in one pass."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
import re2

from localaws.macie2.identifiers.dialect import Regex

# Up to this number, single searches are faster than the start of a polars query.
FEW = 50
_MEMORY_BYTES = 1 << 26


class AnyOf:
    """Several expressions, any of which may match; without expressions nothing matches."""

    def __init__(self, regexes: Iterable[Regex]) -> None:
        chosen = list(dict.fromkeys(regexes))
        options = re2.Options()
        options.max_mem = _MEMORY_BYTES
        options.log_errors = False
        self.re2 = re2.compile("|".join(f"(?:{regex.re2.pattern})" for regex in chosen), options) if chosen else None
        self._rust = _fit([regex.rust for regex in chosen])

    def having(self, values: pl.Series) -> pl.Series:
        """Return the values in which one of the expressions matches."""
        if self.re2 is None or values.is_empty():
            return values.clear()
        if len(values) <= FEW:
            return pl.Series([value for value in values if self.re2.search(value)], dtype=pl.String)
        return values.to_frame("").filter(pl.any_horizontal(self.expressions(""))).to_series()

    def expressions(self, column: str) -> list[pl.Expr]:
        """Return expressions, one of which is true where any of these matches."""
        return [pl.col(column).str.contains(rust) for rust in self._rust] or [pl.lit(value=False)]


def _fit(parts: list[str]) -> list[str]:
    """Join them to as few expressions as the Rust engine takes: it has a limit on their size."""
    if not parts:
        return []
    joined = "|".join(f"(?:{part})" for part in parts)
    try:
        pl.Series([""], dtype=pl.String).str.contains(joined)
    except pl.exceptions.ComputeError:
        half = len(parts) // 2
        return [*_fit(parts[:half]), *_fit(parts[half:])]
    return [joined]


def having(values: pl.Series, regex: Regex) -> pl.Series:
    """Return the values in which the expression matches."""
    if len(values) <= FEW:
        search = regex.re2.search
        return pl.Series([value for value in values if search(value)], dtype=pl.String)
    return values.filter(values.str.contains(regex.rust))
