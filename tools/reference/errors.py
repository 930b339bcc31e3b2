"""The tree of errors as a page."""

from __future__ import annotations

import inspect

from forebay import errors
from forebay.wire.faults import FAULTS
from tools.reference.markdown import keys_of, sentence, table

_HEAD = """# Errors

Everything that forebay raises on purpose is a `ForebayError`; what a library below it raised is the `__cause__`. Each
class has an `advice` that says what a caller should do:

- **retry**: try again later; it may pass by itself. `Throttled` carries `retry_after_s`, how long to be silent.
- **stop**: asking again does not help; a person has to act.
- **skip**: this gateway does not have it, or not now; go on without it.
- **report**: the gateway said something that forebay does not know.

```text
{tree}
```

The command prints the message and the advice on stderr; with `--json` it prints them there as JSON, with the members
`error`, `advice` and `kind`, and for a gateway's error `path` and `status`. It ends with 0 on success, 1 on an error,
2 on wrong usage and 130 on an interrupt.
"""


def page() -> str:
    """Return the page of all errors."""
    doc = inspect.getdoc(errors) or ""
    tree = doc[doc.index("ForebayError\n") :].strip()
    return _HEAD.format(tree=tree) + "".join(_section(kind) for kind in tree_of(errors.ForebayError))


def tree_of(kind: type[errors.ForebayError]) -> list[type[errors.ForebayError]]:
    """Return a class and all below it, in the order they are written."""
    below = [sub for sub in kind.__subclasses__() if sub.__module__ == errors.__name__]
    return [kind, *(leaf for sub in below for leaf in tree_of(sub))]


def _section(kind: type[errors.ForebayError]) -> str:
    first, _, rest = (inspect.getdoc(kind) or "").partition("\n\n")
    lines = [f"\n## {kind.__name__}\n\n{sentence(first)}\n"]
    names = rest.replace(",", " ").replace(":", " ").split()
    if kind.__subclasses__():
        lines.append("\nA family: catch it to catch all below it.\n")
    else:
        lines.append(f"\nAdvice: **{kind.advice}**.\n")
    if attributes := keys_of(rest.replace("pinned, presented:", "presented:"), names):
        rows = [("`pinned`, `presented`" if name == "presented" else f"`{name}`", w) for name, w in attributes.items()]
        lines.append("\n" + table(("Attribute", "What"), rows))
    if faults := [fault for fault in FAULTS if fault.raises is kind]:
        shown = ", ".join(f"{fault.status} `{fault.key}`" for fault in faults)
        lines.append(f"\nRaised for: {shown}; see [refusals](faults.md).\n")
    return "".join(lines)
