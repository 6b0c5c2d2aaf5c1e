"""Frozen records without the import cost of the standard ``dataclasses``.

Importing ``dataclasses`` pulls in ``inspect`` and costs about twice a bare interpreter start,
which the diagnosis of a pasted traceback cannot afford. Type checkers see the standard
``dataclass(frozen=True)``; at run time this module's small decorator does the same job for
the subset used here: positional and keyword fields, plain defaults, equality, ``repr``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from typing_extensions import dataclass_transform

    Item = TypeVar("Item")

    @dataclass_transform(frozen_default=True)
    def record(kind: type[Item]) -> type[Item]: ...
    def replace(item: Item, **changes: Any) -> Item: ...
    def as_dict(item: Any) -> dict[str, Any]: ...

else:

    def _set(self, name, value):
        raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name}")

    def _equal(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self.__dict__ == other.__dict__

    def _hash(self):
        return hash(tuple(self.__dict__.values()))

    def _show(self):
        inner = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({inner})"

    def record(kind):
        """Turn an annotated class into a frozen record (see the module's docstring)."""
        names = tuple(kind.__annotations__)
        defaults = {name: kind.__dict__[name] for name in names if name in kind.__dict__}
        known = frozenset(names)

        def initialise(self, *values, **named):
            fields = dict(defaults)
            if len(values) > len(names):
                raise TypeError(f"{kind.__name__} takes {len(names)} values, got {len(values)}")
            fields.update(zip(names, values))
            fields.update(named)
            if len(fields) != len(names) or not named.keys() <= known:
                wrong = sorted(set(names) ^ set(fields))
                raise TypeError(f"{kind.__name__}: missing or unknown fields {', '.join(wrong)}")
            ordered = self.__dict__
            for name in names:
                ordered[name] = fields[name]

        kind.__init__ = initialise
        kind.__setattr__ = _set
        kind.__delattr__ = lambda self, name: _set(self, name, None)
        kind.__eq__ = _equal
        kind.__hash__ = _hash
        kind.__repr__ = _show
        kind.__match_args__ = names
        return kind

    def replace(item, **changes):
        """A copy of ``item`` with some fields changed."""
        fields = dict(item.__dict__)
        fields.update(changes)
        return type(item)(**fields)

    def as_dict(item):
        """The record's fields by name, in order of declaration (not recursive)."""
        return dict(item.__dict__)
