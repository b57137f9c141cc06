"""What a browser makes of a report, by the parser of the standard library."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "header", "footer", "section", "div", "span", "p", "b", "code"),
    *("pre", "h1", "h2", "h3", "ul", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("svg", "rect"),
}
"""Elements of the reports: none of them loads or executes anything."""


@dataclass
class Parsed(HTMLParser):
    """Elements, attributes and text of a report."""

    tags: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    policy: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        members = dict(attrs)
        if members.get("http-equiv") == "Content-Security-Policy":
            self.policy = members["content"] or ""

    def handle_data(self, data: str) -> None:
        (self.styles if self.lasttag == "style" and self.cdata_elem else self.texts).append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def parse(content: bytes) -> Parsed:
    """Parse a report, and check that it is complete by itself and executes nothing."""
    parsed = Parsed()
    parsed.feed(content.decode())
    parsed.close()
    assert parsed.tags <= ALLOWED
    assert not {name for name in parsed.attributes if name.startswith("on") or name in {"src", "href", "style"}}
    assert len(parsed.styles) == 1
    assert "url(" not in parsed.styles[0]
    assert "@import" not in parsed.styles[0]
    assert parsed.policy.startswith("default-src 'none'; style-src 'sha256-")
    return parsed
