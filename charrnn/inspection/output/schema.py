"""The JSON Schema (draft 2020-12) of a view's JSON.

`envelope.schema.json` describes the envelope of every result, a view's `schema.json` its data. In
both `"enum": "cells"` is replaced by the names of all cells.
Imports no NumPy, so the command line may read it.
"""

import json
from importlib import resources
from typing import Any

from charrnn.inspection.view import View
from charrnn.network.config import NAMES


def schema(view: View) -> dict[str, Any]:
    """Return the JSON Schema of a view: of its data and the envelope."""
    whole = _read("charrnn.inspection.output", "envelope.schema.json")
    data = _read(view.package, "schema.json")
    for of_the_root in ("$schema", "title"):
        data.pop(of_the_root, None)
    # References start at the root, of which there is one only.
    whole["$defs"] |= data.pop("$defs", {})
    whole["title"] = f"charrnn inspect --view {view.name}"
    whole["properties"]["view"]["const"] = view.name
    whole["properties"]["data"] = data
    return whole


def as_json(view: View) -> str:
    """Return the schema of a view as JSON text."""
    return json.dumps(schema(view), indent=2, ensure_ascii=False) + "\n"


def _read(package: str, name: str) -> dict[str, Any]:
    written = (resources.files(package) / name).read_text("utf-8")
    found: dict[str, Any] = json.loads(written, object_hook=_with_cells)
    return found


def _with_cells(part: dict[str, Any]) -> dict[str, Any]:
    return part | {"enum": list(NAMES)} if part.get("enum") == "cells" else part
