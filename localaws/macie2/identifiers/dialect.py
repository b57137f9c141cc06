"""The regular expressions that Macie accepts in a custom data identifier.

Macie documents a subset of PCRE. This module parses that subset and translates every expression into a canonical form
that means the same to the two linear-time engines that run it (RE2 and the Rust engine inside polars):

* ``\\d``, ``\\w``, ``\\s`` and ``\\b`` are ASCII (RE2's reading; Rust's own would be Unicode);
* literals become ``\\x{…}``, class members ranges, so that no engine-specific syntax (``[a&&b]``, ``[[a]``) is left;
* plain groups compile and capture nothing; ``^`` and ``$`` are the ends of the cell.

The exact limits on repeats are not published: a bound (nested ones multiplied) of 1,000 or more is refused, and so are
three neighbouring elements that may each repeat without end or be absent (``a*b*a*``).

Source: https://docs.aws.amazon.com/macie/latest/user/cdis-options.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl
import re2

MAXIMUM_LENGTH = 512
_REPEAT_LIMIT = 1000
_OPTIONAL_RUN_LIMIT = 3
_DEPTH_LIMIT = 50

_ASCII_CLASSES = {
    "d": r"\x{30}-\x{39}",
    "w": r"\x{30}-\x{39}\x{41}-\x{5a}\x{5f}\x{61}-\x{7a}",
    "s": r"\x{9}\x{a}\x{c}\x{d}\x{20}",
    "h": r"\x{9}\x{20}",
    "D": r"\x{0}-\x{2f}\x{3a}-\x{10ffff}",
    "W": r"\x{0}-\x{2f}\x{3a}-\x{40}\x{5b}-\x{5e}\x{60}\x{7b}-\x{10ffff}",
    "S": r"\x{0}-\x{8}\x{b}\x{e}-\x{1f}\x{21}-\x{10ffff}",
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b"}
_ASSERTIONS = {"b": r"\b", "B": r"\B", "A": r"\A", "z": r"\z"}
_UNSUPPORTED_ESCAPES = {"k": "backreferences", "g": "backreferences or recursion"}
_UNSUPPORTED_GROUPS = (
    ("?=", "look-ahead"),
    ("?!", "look-ahead"),
    ("?<=", "look-behind"),
    ("?<!", "look-behind"),
    ("?>", "atomic groups"),
    ("?(", "conditionals"),
    ("?{", "embedded code"),
    ("??{", "embedded code"),
    ("?R", "recursion"),
    ("?&", "recursion"),
    ("?P>", "recursion"),
    ("?P=", "backreferences"),
    ("?P<", "named capturing groups"),
    ("?<", "named capturing groups"),
    ("?'", "named capturing groups"),
    ("?#", "comments"),
    ("?|", "branch resets"),
    ("*", "control verbs"),
)
_FLAGS = re.compile(r"\?([ims]*(?:-[ims]+)?)([:)])")
_BOUNDS = re.compile(r"\{(\d+)(,?)(\d*)\}")
_HEX = re.compile(r"\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))")
_PROPERTY = re.compile(r"\\[pP](?:[A-Z]|\{\^?[A-Za-z_]+\})")
_POSIX = re.compile(r"\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]")


class RegexError(ValueError):
    """The expression is outside the dialect; the message says what is not supported."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A parsed part: its canonical text, its least width, the product of its bounds, whether it is like ``a*``."""

    text: str
    width: int
    bound: int = 1
    is_star: bool = False


def validate_regex(regex: str) -> None:
    """Refuse an expression that Macie would refuse.

    :raises RegexError: saying what is not supported.
    """
    compile_regex(regex)


@dataclass(frozen=True, slots=True)
class Regex:
    """An accepted expression for both engines.

    :param re2: compiled, for single texts.
    :param rust: source for polars.
    :param may_match_nothing: it can match the empty text; such matches do not count.
    """

    re2: Any
    rust: str
    may_match_nothing: bool


@lru_cache(maxsize=512)
def compile_regex(regex: str) -> Regex:
    """Translate an expression of the dialect.

    :raises RegexError: saying what is not supported.
    """
    if not regex:
        raise RegexError("The regular expression is empty.")
    if len(regex) > MAXIMUM_LENGTH:
        raise RegexError(f"The regular expression is longer than {MAXIMUM_LENGTH} characters.")
    return compile_trusted(regex)


@lru_cache(maxsize=2048)
def compile_trusted(regex: str) -> Regex:
    """Translate an expression of any length: the catalogue's own.

    :raises RegexError: saying what is not supported.
    """
    piece = _Parser(regex).parse()
    rust = piece.text.replace(r"\b", r"(?-u:\b)").replace(r"\B", r"(?-u:\B)")
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(piece.text, options)
        pl.Series([""], dtype=pl.String).str.contains(rust)
    except (re2.error, pl.exceptions.ComputeError):
        raise RegexError("The regular expression does not compile or is too large.") from None
    return Regex(compiled, rust, piece.width == 0)


def _literal(char: str) -> str:
    return f"\\x{{{ord(char):x}}}"


class _Parser:
    """Recursive descent over one expression; linear, with a bound on the nesting."""

    def __init__(self, regex: str) -> None:
        self._regex = regex
        self._at = 0
        self._depth = 0

    def parse(self) -> _Piece:
        piece = self._alternatives()
        if self._at < len(self._regex):
            raise RegexError("The regular expression has an unmatched closing parenthesis.")
        return piece

    def _peek(self) -> str:
        return self._regex[self._at : self._at + 1]

    def _starts(self, text: str) -> bool:
        return self._regex.startswith(text, self._at)

    def _alternatives(self) -> _Piece:
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise RegexError(f"Groups nested deeper than {_DEPTH_LIMIT} are not supported.")
        branches = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            branches.append(self._sequence())
        self._depth -= 1
        text = "|".join(branch.text for branch in branches)
        return _Piece(text, min(branch.width for branch in branches), max(branch.bound for branch in branches))

    def _sequence(self) -> _Piece:
        parts: list[_Piece] = []
        stars = 0
        while self._peek() not in ("", "|", ")"):
            part = self._repeated(self._atom())
            stars = stars + 1 if part.is_star else 0
            if stars == _OPTIONAL_RUN_LIMIT:
                raise RegexError("Repeated wildcards such as a*b*a* are not supported.")
            parts.append(part)
        text = "".join(part.text for part in parts)
        return _Piece(text, sum(part.width for part in parts), max((part.bound for part in parts), default=1))

    def _repeated(self, atom: _Piece) -> _Piece:
        least, most, text = self._quantifier()
        if not text:
            return atom
        bound = atom.bound * max(1, least, most or 0)
        if bound >= _REPEAT_LIMIT:
            raise RegexError(f"Bounded repeats of {_REPEAT_LIMIT} or more are not supported.")
        if self._peek() == "?":
            self._at += 1
            text += "?"
        elif self._peek() == "+":
            raise RegexError("Possessive quantifiers are not supported.")
        if self._peek() in ("*", "+") or (self._peek() == "{" and _BOUNDS.match(self._regex, self._at)):
            raise RegexError("A quantifier of a quantifier is not supported.")
        if not atom.text or atom.text in _ASSERTIONS.values() or atom.text in ("^", "$"):
            raise RegexError("A quantifier has nothing to repeat.")
        return _Piece(f"(?:{atom.text}){text}", atom.width * least, bound, least == 0 and most is None)

    def _quantifier(self) -> tuple[int, int | None, str]:
        simple = {"*": (0, None, "*"), "+": (1, None, "+"), "?": (0, 1, "?")}
        char = self._peek()
        if char in simple:
            self._at += 1
            return simple[char]
        match = _BOUNDS.match(self._regex, self._at)
        if char != "{" or match is None:
            return 1, 1, ""
        if len(match[1]) > 4 or len(match[3]) > 4:
            raise RegexError(f"Bounded repeats of {_REPEAT_LIMIT} or more are not supported.")
        self._at = match.end()
        least = int(match[1])
        most = least if not match[2] else (int(match[3]) if match[3] else None)
        if most is not None and most < least:
            raise RegexError("A bounded repeat has its bounds in the wrong order.")
        return least, most, match[0]

    def _atom(self) -> _Piece:
        char = self._peek()
        if char == "(":
            return self._group()
        if char == "[":
            return _Piece(self._class(), 1)
        if char == "\\":
            return self._escape()
        if char in "*+?":
            raise RegexError("A quantifier has nothing to repeat.")
        self._at += 1
        if char in "^$":
            return _Piece(char, 0)
        return _Piece("." if char == "." else _literal(char), 1)

    def _group(self) -> _Piece:
        self._at += 1
        for prefix, what in _UNSUPPORTED_GROUPS:
            if self._starts(prefix):
                raise RegexError(f"The regular expression uses {what}, which is not supported.")
        opening = "(?:"
        if self._peek() == "?":
            flags = _FLAGS.match(self._regex, self._at)
            if flags is None:
                raise RegexError("The regular expression uses a kind of group or flag that is not supported.")
            self._at = flags.end()
            if flags[2] == ")":
                if not flags[1]:
                    raise RegexError("A group sets no flag.")
                return _Piece(f"(?{flags[1]})", 0)
            opening = f"(?{flags[1]}:"
        inner = self._alternatives()
        if self._peek() != ")":
            raise RegexError("The regular expression has an unclosed group.")
        self._at += 1
        return _Piece(f"{opening}{inner.text})", inner.width, inner.bound)

    def _escape(self) -> _Piece:
        name = self._regex[self._at + 1 : self._at + 2]
        if name in _ASSERTIONS:
            self._at += 2
            return _Piece(_ASSERTIONS[name], 0)
        text, is_set = self._escaped()
        return _Piece(f"[{text}]" if is_set else text, 1)

    def _escaped(self) -> tuple[str, bool]:
        """Read an escape that stands for characters; return its text and whether that is a set of ranges."""
        for pattern in (_HEX, _PROPERTY):
            match = pattern.match(self._regex, self._at)
            if match:
                self._at = match.end()
                return self._numbered(match) if pattern is _HEX else (match[0], True)
        name = self._regex[self._at + 1 : self._at + 2]
        self._at += 2
        if not name:
            raise RegexError("The regular expression ends in a backslash.")
        if name in _ASCII_CLASSES:
            return _ASCII_CLASSES[name], True
        if name in _CONTROLS:
            return _literal(_CONTROLS[name]), False
        if name in "123456789":
            raise RegexError("The regular expression uses backreferences, which is not supported.")
        if name.isalnum():
            what = _UNSUPPORTED_ESCAPES.get(name, f"the escape \\{name}")
            raise RegexError(f"The regular expression uses {what}, which is not supported.")
        return _literal(name), False

    @staticmethod
    def _numbered(match: re.Match[str]) -> tuple[str, bool]:
        code = int(match[1] or match[2], 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise RegexError("The regular expression names a character that does not exist.")
        return _literal(chr(code)), False

    def _class(self) -> str:
        self._at += 1
        negated = self._peek() == "^"
        self._at += negated
        members: list[str] = []
        while self._peek() != "]" or not members:
            members.append(self._class_member())
        self._at += 1
        return f"[{'^' if negated else ''}{''.join(members)}]"

    def _class_member(self) -> str:
        posix = _POSIX.match(self._regex, self._at)
        if posix:
            self._at = posix.end()
            return posix[0]
        first, is_set = self._class_char()
        following = self._regex[self._at + 1 : self._at + 2]
        if self._peek() != "-" or following in ("]", "") or is_set:
            return first
        self._at += 1
        last, is_set = self._class_char()
        if is_set:
            raise RegexError("A character class has a range that ends in a set.")
        if int(first[3:-1], 16) > int(last[3:-1], 16):
            raise RegexError("A character class has a range in the wrong order.")
        return f"{first}-{last}"

    def _class_char(self) -> tuple[str, bool]:
        char = self._peek()
        if not char:
            raise RegexError("The regular expression has an unclosed character class.")
        if char != "\\":
            self._at += 1
            return _literal(char), False
        if self._starts(r"\b"):
            self._at += 2
            return _literal("\b"), False
        return self._escaped()
