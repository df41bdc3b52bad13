"""The undo stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from psygnal import Signal

from hs_desktop.document.state import ProjectState
from hs_desktop.document.undo import Command, GroupCommand, StateChange, StateCommand

Become = Callable[[ProjectState, Command | None], None]


class History:
    """What was done, in order, and how far of it is done now.

    Args:
        state: gives the document's state.
        become: makes a state the document's and tells observers what the command did, if
            there is one.
        settle: called before anything is undone or redone, to finish what is half done.
        byte_budget: commands hold at most so many bytes of pixels, or the oldest are
            forgotten; the last one stays in any case.
    """

    changed = Signal()  # commands, index or mark

    def __init__(
        self,
        state: Callable[[], ProjectState],
        become: Become,
        settle: Callable[[], None],
        byte_budget: int = 256 << 20,
    ) -> None:
        self._state = state
        self._become = become
        self._settle = settle
        self._budget = byte_budget
        self._commands: list[Command] = []
        self._sizes: list[int] = []
        self._index = 0
        self._clean: int | None = 0
        self._sealed = False
        self._has_forgotten = False
        self._groups: list[list[Command]] = []

    @property
    def names(self) -> tuple[str, ...]:
        """Of all commands, the oldest first, those undone included."""
        return tuple(command.name for command in self._commands)

    @property
    def index(self) -> int:
        """How many commands are done: 0 .. ``len(names)``."""
        return self._index

    @property
    def nbytes(self) -> int:
        return sum(self._sizes)

    @property
    def byte_budget(self) -> int:
        """How much may be remembered; where a new value is less than there is, the oldest goes."""
        return self._budget

    @byte_budget.setter
    def byte_budget(self, budget: int) -> None:
        self._budget = budget
        before = len(self._commands)
        self._forget()
        if len(self._commands) != before:
            self.changed.emit()

    @property
    def has_forgotten(self) -> bool:
        """Whether commands were let go: index 0 isn't the document as it was made, then."""
        return self._has_forgotten

    @property
    def can_undo(self) -> bool:
        return self._index > 0

    @property
    def can_redo(self) -> bool:
        return self._index < len(self._commands)

    def do(self, command: Command) -> None:
        """Do a command and remember it, if it makes a difference.

        Raises:
            LayerError: it can't be done; nothing has changed.
        """
        before = self._state()
        after = command.redo(before)
        if not command.is_empty:
            self.done(command, after)

    def done(self, command: Command, after: ProjectState, *, told: bool = False) -> None:
        """Remember a command that led to ``after``; observers hear of it if they haven't yet."""
        if self._groups:
            self._groups[-1].append(command)
        else:
            self._remember(command)
        self._become(after, None if told else command)
        self.changed.emit()

    def undo(self) -> bool:
        """Take the last command back; ``False`` where there is none."""
        self._settle()
        return self._index > 0 and self.jump(self._index - 1)

    def redo(self) -> bool:
        """Do the next command again; ``False`` where there is none."""
        self._settle()
        return self._index < len(self._commands) and self.jump(self._index + 1)

    def jump(self, index: int) -> bool:
        """Undo or redo until ``index`` commands are done; ``False`` where that is so already."""
        self._settle()
        if not 0 <= index <= len(self._commands):
            raise IndexError(f"{index} of {len(self._commands)} commands")
        if self._groups:
            raise RuntimeError("undo within a group")
        moved = index != self._index
        while self._index != index:
            back = index < self._index
            command = self._commands[self._index - 1 if back else self._index]
            state = command.undo(self._state()) if back else command.redo(self._state())
            self._index += -1 if back else 1
            self._become(state, command)
        self._sealed = True
        if moved:
            self.changed.emit()
        return moved

    def seal(self) -> None:
        """Let the next command be one of its own: a drag has ended."""
        self._sealed = True

    @contextmanager
    def _collecting(self) -> Iterator[list[Command]]:
        """The commands done inside; after an exception they are taken back."""
        commands: list[Command] = []
        self._groups.append(commands)
        try:
            yield commands
        except BaseException:
            self._groups.pop()
            for command in reversed(commands):
                self._become(command.undo(self._state()), command)
            raise
        self._groups.pop()

    @contextmanager
    def group(self, name: str) -> Iterator[None]:
        """What is done inside becomes one command; after an exception it is taken back."""
        with self._collecting() as commands:
            yield
        if commands:
            group = GroupCommand(name, commands)
            if self._groups:
                self._groups[-1].append(group)
            else:
                self._sealed = True
                self._remember(group)
                self._sealed = True
                self.changed.emit()

    @contextmanager
    def amendment(self, name: str) -> Iterator[None]:
        """What is done inside belongs to the last command: undone with it, not apart from it.

        What may be redone stays, and shows what it did; undoing it leads back to the amended
        state. Only commands that change the state may be done inside, none that change pixels;
        after an exception they are taken back.

        Args:
            name: of the command that is made of them where there is nothing to be amended.
        """
        before = self._state()
        with self._collecting() as commands:
            yield
        if not commands:
            return
        if self._groups:
            self._groups[-1] += commands
            return
        if self._clean is not None and self._clean >= self._index:
            self._clean = None
        self._lead_back(self._state())
        if self._index:
            last = self._index - 1
            self._commands[last] = self._commands[last].amended(before, self._state())
            self._sizes[last] = self._commands[last].nbytes
            self._forget()
        elif not self._commands:
            self._remember(GroupCommand(name, commands))
        self.changed.emit()

    def _lead_back(self, state: ProjectState) -> None:
        """Have what may be redone begin with ``state``."""
        for at in range(self._index, len(self._commands)):
            if self._commands[at].ends is not None:  # strokes leave the state as it is
                self._commands[at] = self._commands[at].begun_with(state)
                self._sizes[at] = self._commands[at].nbytes
                return

    # --- what isn't from the user's hand -------------------------------------------------------

    def insert(self, name: str, change: StateChange) -> bool:
        """Make a change a command that comes before those undone, which may still be redone.

        Args:
            name: of the command.
            change: made to what they lead to, too; asked several times.

        Returns:
            ``False``, and nothing has changed, where one of those paints on a plane that the
            change puts another in the place of.
        """
        undone = self._revised(change, self._index)
        if undone is None:
            return False
        command = StateCommand(name, change)
        after = command.redo(self._state())
        if not command.is_empty:
            self._remember(command, undone)
            self._become(after, command)
            self.changed.emit()
        return True

    def revise(self, change: StateChange) -> bool:
        """Make a change as if it had been so all along, which is no command.

        Args:
            change: made to what all commands, done or undone, lead from and to; asked several
                times. Gives a state that it isn't about as it is.

        Returns:
            ``False``, and nothing has changed, where a command paints on a plane that the
            change puts another in the place of.
        """
        revised = self._revised(change, 0)
        if revised is None:
            return False
        before, touched = self._state(), self._touched(change)
        if any(touched):
            if self._clean is not None and touched[self._clean]:
                self._clean = None
            self._commands, self._sizes = revised, [command.nbytes for command in revised]
            self._forget()
            after = change(before)
            self._become(after, StateCommand("", change, before=before, after=after))
            self.changed.emit()
        return True

    def _revised(self, change: StateChange, first: int) -> list[Command] | None:
        """The commands from ``first`` on, where ``change`` is made; ``None`` where it can't be."""
        if self._groups:
            raise RuntimeError("commands changed within a group")
        state, commands = self._state(), self._commands[first:]
        if given_up := state.planes - change(state).planes:
            touched = self._touched(change)
            for at, command in enumerate(commands, first):
                if (touched[at] or touched[at + 1]) and command.painted & given_up:
                    return None
        return [command.revised(change) for command in commands]

    def _touched(self, change: StateChange) -> list[bool]:
        """Whether ``change`` makes a difference where 0, 1, 2 ... commands are done."""
        state = self._state()
        touched = [change(state) is not state] * (len(self._commands) + 1)
        for at in range(self._index, len(self._commands)):
            ends = self._commands[at].ends
            touched[at + 1] = touched[at] if ends is None else change(ends[1]) is not ends[1]
        for at in reversed(range(self._index)):
            ends = self._commands[at].ends
            touched[at] = touched[at + 1] if ends is None else change(ends[0]) is not ends[0]
        return touched

    # --- 'modified' ----------------------------------------------------------------------------

    @property
    def is_clean(self) -> bool:
        """Whether the document is as it was when ``mark_clean`` was called (or made)."""
        return self._clean == self._index

    def mark_clean(self) -> None:
        """The document has just been saved."""
        self._clean = self._index
        self._sealed = True
        self.changed.emit()

    def mark_modified(self) -> None:
        """The document is nowhere saved as it is, for instance because it was recovered."""
        self._clean = None
        self.changed.emit()

    # --- parts ---------------------------------------------------------------------------------

    def _remember(self, command: Command, undone: Sequence[Command] = ()) -> None:
        """It is done now, and ``undone`` is what may be redone."""
        if self._clean is not None and self._clean > self._index:
            self._clean = None  # it was among what is forgotten now
        del self._commands[self._index :], self._sizes[self._index :]
        if self._commands and not self._sealed and self._clean != self._index:
            merged = self._commands[-1].merged(command)
            if merged is not None:
                del self._commands[-1], self._sizes[-1]
                command = merged
        self._sealed = False
        if not command.is_empty:
            self._commands.append(command)
            self._sizes.append(command.nbytes)
        self._index = len(self._commands)
        self._commands += undone
        self._sizes += [one.nbytes for one in undone]
        self._forget()

    def _forget(self) -> None:
        """Let the oldest commands go while there is more than the budget."""
        while self._index > 1 and self.nbytes > self._budget:
            del self._commands[0], self._sizes[0]
            self._has_forgotten = True
            self._index -= 1
            if self._clean is not None:
                self._clean = self._clean - 1 if self._clean else None
