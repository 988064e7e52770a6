"""The words sent to language models: one template a file, strict about its variables.

A template starts with a comment that declares its variables, `<!-- variables: request, nouns -->`; in the text a
variable is `${request}`, a dollar sign is `$$`.
"""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from mepg_agent.errors import BadInput, BrokenAsset

DECLARATION = re.compile(r"<!-- variables: ([a-z_]+(?:, [a-z_]+)*) -->\n+")


class Prompt:
    """A template whose variables are known."""

    def __init__(self, name: str, text: str) -> None:
        """`text` is a whole file. Raises BrokenAsset if what it declares is not what it uses."""
        head = DECLARATION.match(text)
        if head is None:
            raise BrokenAsset(
                f"Prompt '{name}' does not declare its variables.", "Begin it with <!-- variables: … -->."
            )
        self.name = name
        self.variables = frozenset(head[1].split(", "))
        self._template = Template(text[head.end() :])
        if not self._template.is_valid():
            raise BrokenAsset(f"Prompt '{name}' has a stray dollar sign.", "Write $$ for a dollar sign.")
        used = set(self._template.get_identifiers())
        if used != self.variables:
            odd = ", ".join(sorted(used ^ self.variables))
            raise BrokenAsset(f"Prompt '{name}' does not declare what it uses: {odd}.", "Mend its first line.")

    def fill(self, **values: str) -> str:
        """The text with its variables put in. Raises BadInput for a missing or an unknown one."""
        missing, unused = self.variables - values.keys(), values.keys() - self.variables
        if missing:
            raise BadInput(
                f"Prompt '{self.name}' misses {', '.join(sorted(missing))}.", "Pass every variable it declares."
            )
        if unused:
            raise BadInput(f"Prompt '{self.name}' does not use {', '.join(sorted(unused))}.", "Leave it out.")
        return self._template.substitute(values)


def load_prompt(folder: Path, name: str) -> Prompt:
    """`name` without its ending, as "plan". Raises BrokenAsset if there is no such readable template."""
    file = folder / f"{name}.md"
    try:
        return Prompt(name, file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenAsset(f"The prompt {file} cannot be read: {error}.", "Install the package again.") from error
