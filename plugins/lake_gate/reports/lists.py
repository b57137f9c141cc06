"""Lists of a report that are cut: the first items, and how many there are. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Capped[Item]:
    """The first items of a list that may be long.

    :param count: number of all items.
    """

    most: int
    items: list[Item] = field(default_factory=list)
    count: int = 0

    def add(self, item: Item) -> None:
        """Count an item, and keep it if there is room."""
        self.count += 1
        if len(self.items) < self.most:
            self.items.append(item)

    @property
    def left_out(self) -> int:
        """Number of items that are not kept."""
        return self.count - len(self.items)
