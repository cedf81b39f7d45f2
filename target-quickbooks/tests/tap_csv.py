"""A CSV file as Singer messages, all values as text: `tap_csv.py FILE STREAM KEY[,KEY]`, or its settings as JSON."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path


def main() -> None:
    """Writes a SCHEMA, a RECORD for each line, and a STATE."""
    if sys.argv[1] == "--config":
        settings = json.loads(Path(sys.argv[2]).read_text())
        file, stream, keys = settings["file"], settings["stream"], settings["keys"]
    else:
        file, stream, keys = sys.argv[1:4]
    with Path(file).open(newline="") as lines:
        reader = csv.DictReader(lines)
        properties = {name: {"type": ["null", "string"]} for name in reader.fieldnames or ()}
        say(
            type="SCHEMA", stream=stream, schema={"type": "object", "properties": properties},
            key_properties=[key for key in keys.split(",") if key],
        )  # fmt: skip
        for number, record in enumerate(reader, 1):
            say(type="RECORD", stream=stream, record=record)
            if number % 100 == 0:
                say(type="STATE", value={"read": number})
    say(type="STATE", value={"read": "all"})


def say(**message: object) -> None:
    """One line."""
    sys.stdout.write(json.dumps(message) + "\n")


if __name__ == "__main__":
    main()
