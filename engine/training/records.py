"""What was done to train a model, run by run: kept beside it, told in the pack it goes into."""

from __future__ import annotations

import csv
import json
from pathlib import Path

ORIGIN = "origin.json"  # records of the trainings that a run began with the weights of
LOG = "log.csv"
OPTIONS = "options.json"  # of the command, where it has some that the log doesn't tell


def write_origin(run: Path, records: list[dict[str, object]]) -> None:
    """Keep the records of the trainings that a run begins with the weights of."""
    run.mkdir(parents=True, exist_ok=True)
    (run / ORIGIN).write_text(json.dumps(records, indent=2) + "\n", encoding="utf-8")


def note_options(run: Path, options: list[str]) -> None:
    """Keep what the record of a training is to say of its command; see ``records_of``."""
    run.mkdir(parents=True, exist_ok=True)
    (run / OPTIONS).write_text(json.dumps(options) + "\n", encoding="utf-8")


def keep_record(run: Path, name: str) -> None:
    """Count a run's last training to those that made the weights it begins with."""
    if (run / LOG).is_file():
        write_origin(run, records_of(run, name))
        (run / LOG).unlink()


def records_of(run: Path, name: str) -> list[dict[str, object]]:
    """Command, steps, minutes and last validation figures of a model's trainings, in order.

    The last is this run's, from its log; those before it made the weights it began with.

    Args:
        name: what ``train`` calls the model.
    """
    origin = run / ORIGIN
    before: list[dict[str, object]] = []
    if origin.is_file():
        before = json.loads(origin.read_text(encoding="utf-8"))
    log = run / LOG
    if not log.is_file():
        return before
    step, seconds = 0, 0.0
    figures: dict[str, float] = {}
    with log.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if int(row["step"]) != step:
                figures = {}
            step, seconds = int(row["step"]), float(row["seconds"])
            figures[row["name"]] = float(row["value"])
    minutes = round(seconds / 60)
    start = " --from PACK" if origin.is_file() else ""
    noted = run / OPTIONS
    options = json.loads(noted.read_text(encoding="utf-8")) if noted.is_file() else []
    words = ["python main.py train", name, "--data DIR" + start, f"--minutes {minutes}", *options]
    record: dict[str, object] = {
        "command": " ".join(words),
        "steps": step,
        "minutes": minutes,
        "validation": figures,
    }
    return [*before, record]
