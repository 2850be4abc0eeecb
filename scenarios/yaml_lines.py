"""YAML to plain Python values, with the line of every key and every duplicate key."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scenarios.problems import Origin, Problem, ScenarioError

_PLAIN = {"str", "int", "float", "bool", "null", "timestamp"}


def parse(text: str, file: str, folder: str = ".") -> tuple[Any, Origin, list[Problem]]:
    """The value of the one document in ``text``, its Origin, and the problems that do not stop the reading.

    Args:
        text: the file's content.
        file: its name in messages.
        folder: where relative paths in the file start from.

    Raises:
        ScenarioError: what is not YAML at all, tabs and empty files included.
    """
    try:
        root = YAML(typ="rt", pure=True).compose(io.StringIO(text))
    except YAMLError as error:
        raise ScenarioError([_syntax(error, file, text)]) from None
    if root is None or (isinstance(root, ScalarNode) and root.tag.endswith(":null")):
        raise ScenarioError([Problem(file, 1, "", "the file is empty; a scenario starts with 'title:'")])
    lines: dict[str, int] = {}
    origin = Origin(file, lines, text, folder)
    problems: list[Problem] = []
    return _Converter(origin, lines, problems).value(root, "", ()), origin, problems


class _Converter:
    def __init__(self, origin: Origin, lines: dict[str, int], problems: list[Problem]) -> None:
        self.origin, self.lines, self.problems = origin, lines, problems

    def value(self, node: Node, path: str, above: tuple[int, ...]) -> Any:
        # A key's line, set by the mapping that holds it, is a better place to point at than its value's.
        self.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in above:
            self.problems.append(self.origin.problem(path, "an alias that contains itself"))
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path, (*above, id(node)))
        if isinstance(node, SequenceNode):
            return [self.value(n, f"{path}[{k}]", (*above, id(node))) for k, n in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: str, above: tuple[int, ...]) -> dict[Any, Any]:
        out: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else "?"
            here = f"{path}.{key}" if path else key
            line = key_node.start_mark.line + 1
            if key in out:
                message = (
                    f"this key is already on line {self.lines[here]}; a second value would hide the first"
                )
                self.problems.append(Problem(self.origin.file, line, here, message))
                continue
            if not isinstance(key_node, ScalarNode) or key_node.tag.endswith(":merge"):
                self.problems.append(Problem(self.origin.file, line, here, "only plain words can be keys"))
                continue
            self.lines[here] = line
            out[key] = self.value(value_node, here, above)
        return out

    def _scalar(self, node: Node, path: str) -> Any:
        kind = str(node.tag).rsplit(":", 1)[-1]
        # The round-trip reader marks where a folded text (`>`) was broken with a control character.
        text = node.value.replace("\a", "") if getattr(node, "style", None) == ">" else node.value
        if kind not in _PLAIN:
            self.problems.append(self.origin.problem(path, f"the tag {node.tag} is not understood here"))
            return None
        try:
            return _plain(kind, text)
        except ValueError:
            self.problems.append(self.origin.problem(path, f"'{text}' is not a {kind} I can read"))
            return None


def _plain(kind: str, text: str) -> Any:
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text.replace("_", ""))
    if kind == "float":
        return float(text.lower().replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
    if kind == "timestamp":
        return dt.date.fromisoformat(text)
    return text


def _syntax(error: YAMLError, file: str, text: str) -> Problem:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    line = mark.line + 1 if mark is not None else 1
    told = [getattr(error, name, None) for name in ("context", "problem")]
    what = ", ".join(str(part) for part in told if part) or str(error)
    rows = text.splitlines()
    if "\t" in (rows[line - 1] if line <= len(rows) else ""):
        what = "YAML forbids tabs for indentation: use spaces"
    elif "mapping values are not allowed" in what:
        what = "a second ':' on the line: put the text in quotes, or the key on a line of its own"
    elif "found character '%'" in what:
        what = "a value cannot start with '%': write 10%"
    return Problem(file, line, "", f"not readable as YAML: {what}")
