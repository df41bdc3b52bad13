"""Undo commands: what the user did, as something to be taken back and done again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields, replace

from hs_desktop.document.events import Change, Side, What
from hs_desktop.document.planes import Plane
from hs_desktop.document.state import ProjectState, changes_between
from hs_desktop.document.tiles import TilePatch

StateChange = Callable[[ProjectState], ProjectState]


class Command(ABC):
    """Something the user did, to be undone and redone any number of times."""

    name: str

    @abstractmethod
    def redo(self, state: ProjectState) -> ProjectState:
        """Do it, the first time too: the state afterwards."""

    @abstractmethod
    def undo(self, state: ProjectState) -> ProjectState:
        """Take it back: the state before."""

    @abstractmethod
    def changes(self, before: ProjectState, after: ProjectState) -> list[Change]:
        """What to tell observers once it is done or undone."""

    @abstractmethod
    def merged(self, later: Command) -> Command | None:
        """This and then ``later`` as one command; ``None`` where they stay apart."""

    def amended(self, before: ProjectState, after: ProjectState) -> Command:
        """This and then a change of the state, under this one's name."""
        return GroupCommand(self.name, [self, _known(self.name, before, after)])

    @abstractmethod
    def begun_with(self, state: ProjectState) -> Command:
        """The same to where it leads, but undone it gives ``state``."""

    @abstractmethod
    def revised(self, change: StateChange) -> Command:
        """The same from and to states that ``change`` was made to."""

    @property
    @abstractmethod
    def ends(self) -> tuple[ProjectState, ProjectState] | None:
        """The states before and after, once it was done; ``None`` where they are the same."""

    @property
    @abstractmethod
    def painted(self) -> frozenset[Plane]:
        """The planes whose pixels it changes."""

    @property
    @abstractmethod
    def is_empty(self) -> bool:
        """Whether it makes no difference."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes of pixels that only this command holds on to."""


@dataclass
class StateCommand(Command):
    """Anything but pixels: what is kept is the state before and after.

    Attributes:
        name: in the user's language.
        change: from the state before to the one after; asked once.
        key: successive commands with the same key (not ``None``) become one.
    """

    name: str
    change: StateChange
    key: Hashable = None
    before: ProjectState | None = None
    after: ProjectState | None = None

    def redo(self, state: ProjectState) -> ProjectState:
        if self.after is None:
            self.before, self.after = state, self.change(state)
        return self.after

    def undo(self, state: ProjectState) -> ProjectState:
        assert self.before is not None
        return self.before

    def changes(self, before: ProjectState, after: ProjectState) -> list[Change]:
        return changes_between(before, after)

    def merged(self, later: Command) -> Command | None:
        if not isinstance(later, StateCommand) or self.key is None or self.key != later.key:
            return None
        return replace(self, after=later.after)

    def amended(self, before: ProjectState, after: ProjectState) -> Command:
        return replace(self, after=after)

    def begun_with(self, state: ProjectState) -> Command:
        return replace(self, before=state)

    def revised(self, change: StateChange) -> Command:
        assert self.before is not None
        assert self.after is not None
        return replace(self, before=change(self.before), after=change(self.after))

    @property
    def ends(self) -> tuple[ProjectState, ProjectState] | None:
        assert self.before is not None
        assert self.after is not None
        return self.before, self.after

    @property
    def painted(self) -> frozenset[Plane]:
        return frozenset()

    @property
    def is_empty(self) -> bool:
        return self.before is not None and self.before == self.after

    @property
    def nbytes(self) -> int:
        if self.before is None or self.after is None:
            return 0
        held, stays = _held(self.before), _held(self.after)
        return sum(nbytes for key, nbytes in held.items() if key not in stays)


@dataclass
class PixelCommand(Command):
    """An edit of a layer's planes. Made when it is already done: the first ``redo`` isn't asked."""

    name: str
    side: Side
    layer_id: str
    patches: dict[str, TilePatch]
    key: Hashable = None

    def redo(self, state: ProjectState) -> ProjectState:
        for patch in self.patches.values():
            patch.apply()
        return state

    undo = redo

    def changes(self, before: ProjectState, after: ProjectState) -> list[Change]:
        return [
            Change(What.PIXELS, self.side, self.layer_id, plane, patch.rects)
            for plane, patch in self.patches.items()
        ]

    def merged(self, later: Command) -> Command | None:
        if not isinstance(later, PixelCommand) or self.key is None or self.key != later.key:
            return None
        if self.layer_id != later.layer_id:
            return None
        patches = dict(self.patches)
        for plane, patch in later.patches.items():
            patches[plane] = patches[plane].merged(patch) if plane in patches else patch
        kept = {plane: patch for plane, patch in patches.items() if patch.deltas}
        return replace(self, patches=kept)

    def begun_with(self, state: ProjectState) -> Command:
        return self

    def revised(self, change: StateChange) -> Command:
        return self

    @property
    def ends(self) -> tuple[ProjectState, ProjectState] | None:
        return None

    @property
    def painted(self) -> frozenset[Plane]:
        return frozenset(patch.plane for patch in self.patches.values())

    @property
    def is_empty(self) -> bool:
        return not any(patch.deltas for patch in self.patches.values())

    @property
    def nbytes(self) -> int:
        return sum(patch.nbytes for patch in self.patches.values())


@dataclass
class GroupCommand(Command):
    """Several commands under one name, done in order."""

    name: str
    commands: list[Command]

    def redo(self, state: ProjectState) -> ProjectState:
        for command in self.commands:
            state = command.redo(state)
        return state

    def undo(self, state: ProjectState) -> ProjectState:
        for command in reversed(self.commands):
            state = command.undo(state)
        return state

    def changes(self, before: ProjectState, after: ProjectState) -> list[Change]:
        pixels = [c for c in self.commands if isinstance(c, PixelCommand)]
        return changes_between(before, after) + [
            change for command in pixels for change in command.changes(before, after)
        ]

    def merged(self, later: Command) -> Command | None:
        return None

    def amended(self, before: ProjectState, after: ProjectState) -> Command:
        *others, last = self.commands
        if isinstance(last, StateCommand):
            return replace(self, commands=[*others, last.amended(before, after)])
        return super().amended(before, after)

    def begun_with(self, state: ProjectState) -> Command:
        commands = list(self.commands)
        for at, command in enumerate(commands):
            commands[at] = command.begun_with(state)
            if command.ends is not None:
                break
        return replace(self, commands=commands)

    def revised(self, change: StateChange) -> Command:
        return replace(self, commands=[command.revised(change) for command in self.commands])

    @property
    def ends(self) -> tuple[ProjectState, ProjectState] | None:
        ends = [there for command in self.commands if (there := command.ends) is not None]
        return (ends[0][0], ends[-1][1]) if ends else None

    @property
    def painted(self) -> frozenset[Plane]:
        return frozenset().union(*(command.painted for command in self.commands))

    @property
    def is_empty(self) -> bool:
        return all(command.is_empty for command in self.commands)

    @property
    def nbytes(self) -> int:
        return sum(command.nbytes for command in self.commands)


def _known(name: str, before: ProjectState, after: ProjectState) -> StateCommand:
    """A change that has been made already."""
    return StateCommand(name, lambda state: after, before=before, after=after)


def _held(state: ProjectState) -> dict[int, int]:
    """The pixels of a state's layers and their bytes; photos that others share don't count."""
    return {
        id(value): value.pixels.nbytes
        for side in Side
        for layer in state.stack(side)
        for f in fields(layer)
        if f.name != "base" and hasattr(value := getattr(layer, f.name), "pixels")
    }
