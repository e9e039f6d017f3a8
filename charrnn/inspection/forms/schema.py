"""What a view writes as JSON, told in JSON Schema (draft 2020-12).

`schemas/` holds one for what surrounds every result, `envelope.json`, and one for the data of each
view. Imports no NumPy, so the command line may read it.
"""

import json
from importlib import resources
from typing import Any

from charrnn.errors import ConfigError

_ENVELOPE = "envelope.json"
_FOLDER = resources.files("charrnn.inspection.forms") / "schemas"


def schema(view: str) -> dict[str, Any]:
    """Return the JSON Schema of all that a view writes as JSON: its data, and what surrounds it.

    Raises
    ------
    ConfigError
        There is no such view.
    """
    known = sorted(file.name for file in _FOLDER.iterdir() if file.name != _ENVELOPE)
    if f"{view}.json" not in known:
        names = ", ".join(name.removesuffix(".json") for name in known)
        raise ConfigError(f"{view!a} has no schema; {names} have one", argument="view")
    whole, data = _read(_ENVELOPE), _read(f"{view}.json")
    for of_the_root in ("$schema", "title"):
        data.pop(of_the_root, None)
    # References begin at the root, and there is only one now.
    whole["$defs"] |= data.pop("$defs", {})
    whole["title"] = f"charrnn inspect --view {view}"
    whole["properties"]["view"]["const"] = view
    whole["properties"]["data"] = data
    return whole


def as_json(view: str) -> str:
    """Return the schema of a view as a file of its own."""
    return json.dumps(schema(view), indent=2, ensure_ascii=False) + "\n"


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / name).read_text("utf-8"))
    return found
