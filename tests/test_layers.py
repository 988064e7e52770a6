"""The import rules of the house, proven from the sources, so that nobody has to remember them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 400

# Left never imports right. Parts of one entry that stand in a `frozenset` are siblings: they never import each other.
LAYERS: tuple[tuple[str, ...] | frozenset[str], ...] = (
    ("errors", "english", "files", "loading", "mistakes", "printable", "scene", "records"),
    ("settings", "prompts", "portfolio", "routing", "chat_model"),
    frozenset({"planning", "engine", "verify"}),
    (
        "pictures",
        "session",
        "checkpoints",
        "turns",
        "context",
        "ladder",
        "evidence",
        "drawing",
        "graph",
        "history",
        "state",
        "conversation",
        "redrawing",
        "comparison",
        "archive",
        "collection",
        "provenance",
        "reproduction",
        "experts_io",
    ),
    ("agent", "agent_async", "agent_edits", "agent_regions"),
    ("batch", "report", "batch_report"),
    frozenset({"cli", "mcp_server"}),
    ("__main__",),
)
BESIDE_AGENT = {"training", "bench"}  # may import everything up to agent; nobody imports them
DOORS = {
    ("cli", "mcp_server"),  # `mepg serve` starts the server, inside the command that needs it
    ("cli", "bench"),  # `mepg bench` measures, inside the command that needs it
    ("cli", "training"),  # `mepg experts train` trains, inside the command that needs it
    ("training", "bench"),  # training makes the network that the bench scores with
}

HEAVY = {"torch", "torchvision", "diffusers", "transformers", "peft", "accelerate"}
MAY_BE_HEAVY = ("engine", "verify.clip", "verify.tower", "verify.vlm", "planning.psa", "training", "bench")
NEVER_HEAVY = ("engine.base", "engine.prepare", "engine.fake", "engine.__init__")
GRAPH = {"langgraph", "langchain", "langchain_core"}
MAY_KNOW_GRAPH = ("graph", "context", "drawing", "checkpoints", "agent", "chat_model")


def sources() -> list[Path]:
    return sorted(f for top in ("mepg_agent", "mcp_server") for f in (ROOT / top).rglob("*.py"))


def module(file: Path) -> str:
    """Dotted name below the package: "planning.rules", "cli", "mcp_server.server"."""
    name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    return name.removeprefix("mepg_agent.")


def part(name: str) -> str:
    """The layer a module belongs to: "cli_report" is part of "cli"."""
    return name.split(".")[0].split("_")[0] if name.startswith("cli_") else name.split(".")[0]


def imports(file: Path) -> Iterator[str]:
    """Absolute names of everything `file` imports, wherever in the file it does so."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{file}: write imports in full, not relative"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(file: Path) -> Iterator[str]:
    """Parts of this project that `file` imports."""
    for name in imports(file):
        top, _, rest = name.partition(".")
        if top == "mcp_server":
            yield "mcp_server"
        elif top == "mepg_agent" and rest and not rest.startswith("__"):
            yield part(rest)


def level(name: str) -> int:
    if name in BESIDE_AGENT:
        return level("agent") + 1
    return next(i for i, layer in enumerate(LAYERS) if name in layer)


def within(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == p or name.startswith(f"{p}.") for p in prefixes)


def forbidden(importer: str, imported: str) -> str | None:
    """Why `importer` must not import `imported`; None when it may."""
    if importer == imported or (importer, imported) in DOORS:
        return None
    if imported in BESIDE_AGENT:
        return "nobody imports training or bench"
    if level(imported) > level(importer):
        return "left never imports right"
    if level(imported) == level(importer) and isinstance(LAYERS[level(importer)], frozenset):
        return "siblings never import each other"
    if importer in BESIDE_AGENT and level(imported) > level("agent"):
        return "training and bench sit beside the agent"
    return None


def test_every_module_belongs_to_a_layer():
    for file in sources():
        if file.parent != ROOT / "mepg_agent" or file.name != "__init__.py":
            level(part(module(file)))


def test_loading_the_package_itself_imports_nothing():
    body = ast.parse((ROOT / "mepg_agent" / "__init__.py").read_text(encoding="utf-8")).body
    found = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in found] == ["from typing import TYPE_CHECKING"]


def test_layers_import_only_to_the_left_and_siblings_not_at_all():
    wrong = [
        f"{module(file)} imports {imported}: {reason}"
        for file in sources()
        for imported in own_imports(file)
        if file != ROOT / "mepg_agent" / "__init__.py" and (reason := forbidden(part(module(file)), imported))
    ]
    assert wrong == []


def test_only_the_drawing_and_looking_parts_know_model_libraries():
    wrong = [
        f"{module(file)} imports {name}"
        for file in sources()
        for name in imports(file)
        if name.split(".")[0] in HEAVY and (not within(module(file), MAY_BE_HEAVY) or within(module(file), NEVER_HEAVY))
    ]
    assert wrong == []


def test_only_the_graph_the_agent_and_the_chat_models_know_langgraph():
    wrong = [
        f"{module(file)} imports {name}"
        for file in sources()
        for name in imports(file)
        if name.split(".")[0] in GRAPH and not within(module(file), MAY_KNOW_GRAPH)
    ]
    assert wrong == []


def test_files_stay_readable_and_there_is_no_drawer_for_odds_and_ends():
    files = [*sources(), *(ROOT / "tests").rglob("*.py")]
    assert {f.name: n for f in files if (n := len(f.read_text(encoding="utf-8").splitlines())) > MAX_LINES} == {}
    assert [f for f in files if f.stem in {"utils", "util", "helpers", "misc", "common"}] == []


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        ("graph", "planning", True),
        ("records", "scene", True),
        ("planning", "portfolio", True),
        ("training", "engine", True),
        ("planning", "engine", False),
        ("scene", "settings", False),
        ("engine", "agent", False),
        ("mcp_server", "cli", False),
        ("agent", "training", False),
        ("bench", "training", False),
        ("training", "cli", False),
    ],
)
def test_the_rules_themselves_refuse_what_they_should(importer: str, imported: str, allowed: bool):
    assert (forbidden(importer, imported) is None) is allowed
