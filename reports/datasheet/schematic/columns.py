"""Branches of a cell: its parts with two ends in columns, from supply to ground where they reach them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.datasheet.schematic.cells import Part, rail


@dataclass(frozen=True)
class Column:
    """Parts in series, from the top; each one's lower net is the next one's upper."""

    parts: tuple[Part, ...]

    @property
    def nets(self) -> tuple[str, ...]:
        """Nets from the upper end to the lower one, one more than parts."""
        return (self.parts[0].upper, *(part.lower for part in self.parts))

    def levels(self, of: int) -> list[int]:
        """Level at which each part stands, among `of`: from the top, or ending at ground; a branch that does both is
        stretched behind its p transistors."""
        count, spare = len(self.parts), of - len(self.parts)
        upper, lower = rail(self.nets[0]) == "top", rail(self.nets[-1]) == "bottom"
        if not lower:
            return list(range(count))
        if not upper:
            return [spare + i for i in range(count)]
        fixed = next((i for i, part in enumerate(self.parts) if part.symbol != "p"), count)
        fixed = min(max(fixed, 1), count - 1) if count > 1 else count
        return [i if i < fixed else spare + i for i in range(count)]


def columns(parts: Sequence[Part], ports: Sequence[str]) -> list[Column]:
    """Columns of all parts with two ends, each in one, the longest branches first; what shares a net stands beside it.

    Current meters come last.
    """
    left = [part for part in parts if part.symbol not in ("block", "a")]
    made: list[Column] = []
    while left:
        branches = [_down(part, left, ports) for part in left if "top" in (rail(part.upper), rail(part.lower))]
        if not branches:
            branches = [_up(part, left, ports) for part in left if "bottom" in (rail(part.upper), rail(part.lower))]
        if not branches:
            branches = [_down(part, left, ports) for part in left]
        longest = max(branches, key=len)  # the first of several
        made.append(Column(tuple(longest)))
        used = {part.path for part in longest}
        left = [part for part in left if part.path not in used]
    return [*_beside(made), *(Column((part,)) for part in parts if part.symbol == "a")]


def _beside(made: Sequence[Column]) -> list[Column]:
    """The same columns, each followed by one that a net of it leads to, where there is one; the shortest of several."""
    left, ordered = list(made), list[Column]()
    while left:
        nets = {net for net in ordered[-1].nets if rail(net) is None} if ordered else set[str]()

        def rank(place: int, nets: set[str] = nets) -> tuple[int, int]:
            reached = {net for part in left[place].parts for net in (part.upper, part.lower, part.gate)}
            shared = len(nets & reached)
            return -shared, len(left[place].parts) if shared else place

        ordered.append(left.pop(min(range(len(left)), key=rank)))
    return ordered


def _down(first: Part, left: Sequence[Part], ports: Sequence[str]) -> list[Part]:
    """Branch that begins with a part, its supply end above."""
    if rail(first.upper) != "top" and (rail(first.lower) == "top" or rail(first.upper) == "bottom"):
        first = first.turned()
    branch = [first]
    while _goes_on(branch[-1], branch[-1].lower, ports):
        further = _next(branch, left, branch[-1].lower, "lower")
        if further is None:
            break
        branch.append(further if further.upper == branch[-1].lower else further.turned())
    return branch


def _up(last: Part, left: Sequence[Part], ports: Sequence[str]) -> list[Part]:
    """Branch that ends with a part, its ground end below."""
    if rail(last.lower) != "bottom":
        last = last.turned()
    branch = [last]
    while _goes_on(branch[0], branch[0].upper, ports):
        further = _next(branch, left, branch[0].upper, "upper")
        if further is None:
            break
        branch.insert(0, further if further.lower == branch[0].upper else further.turned())
    return branch


def _goes_on(part: Part, net: str, ports: Sequence[str]) -> bool:
    """Whether a branch may lead through a net: it ends at rails, and at a port that is no transistor's."""
    return rail(net) is None and (net not in ports or part.symbol in "np")


def _next(branch: Sequence[Part], left: Sequence[Part], net: str, side: str) -> Part | None:
    """The part that goes on from a net, away from the rail that the branch comes from; capacitors only at last."""
    used, away = {part.path for part in branch}, "top" if side == "lower" else "bottom"
    free = [part for part in left if part.path not in used and net in (part.upper, part.lower)]
    going = [part for part in free if away not in (rail(part.upper), rail(part.lower)) and part.upper != part.lower]

    def rank(part: Part) -> tuple[bool, bool]:
        return part.symbol == "c", net != (part.upper if side == "lower" else part.lower)

    return min(going, key=rank, default=None)
