"""batch: many pictures from a file of jobs, one JSON object a line.

The models are loaded once, into one engine, which works on one job at a time with all cores
(or the GPU); ``--workers`` threads read and write files beside it.

``summary.jsonl`` in the output folder has a line for each job. It grows while the batch runs,
so that a batch that was stopped goes on where it was: a job is done if its line says so, under
the hash of its options and input files, and all its outputs are there.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
from collections.abc import Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cache import content_hash
from engine.errors import Cancelled, DeviceError, EngineError, InputFileError, PackError
from engine.writing import atomic_write
from hs_desktop.commands import options
from hs_desktop.commands.joblines import parse_line
from hs_desktop.commands.outputs import check_folder, make_folder
from hs_desktop.commands.tasks import Task, task_of
from hs_desktop.commands.terminal import ProgressLine, print_json, say
from hs_desktop.i18n import _, translated

if TYPE_CHECKING:
    from engine.engine import Engine

SUMMARY = "summary.jsonl"
DEFAULT_WORKERS = 2
MAX_WORKERS = 16

Record = dict[str, Any]


def add_parsers(subparsers: options.Subparsers) -> None:
    batch = subparsers.add_parser(
        "batch",
        help=_("make many pictures from a file of jobs"),
        description=_(
            'Make the pictures that JOBS.jsonl lists, a JSON object a line: {"command": '
            '"swap", "head": "a.jpg", "body": "b.jpg", "out": "ab.png", "seed": 7}; options have '
            "the names of the command line, files are relative to JOBS.jsonl. Models are loaded "
            "once; a batch that was stopped goes on when started again."
        ),
    )
    batch.add_argument("jobs", type=options.path, metavar="JOBS.jsonl", help=_("the list of jobs"))
    options.add_out(batch, _("DIR"), _("folder for the pictures and for summary.jsonl"))
    batch.add_argument(
        "--workers", type=options.whole(1, MAX_WORKERS), default=DEFAULT_WORKERS, metavar="N",
        help=_("jobs whose files are read and written at the same time, beside the one that is "
               "computed (default: {value})").format(value=DEFAULT_WORKERS),
    )  # fmt: skip
    options.add_models(batch)
    batch.set_defaults(run=run)


@dataclass
class _Job:
    """A line of the jobs file."""

    line: int
    record: Record
    task: Task | None = None
    error: str = ""


@dataclass
class _Batch:
    """What the workers share."""

    args: argparse.Namespace
    engine: Engine
    summary: Path
    progress: ProgressLine
    total: int
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    finished: int = 0

    def run(self, job: _Job) -> None:
        """One job from reading to writing; only what concerns all jobs is raised."""
        assert job.task is not None
        if self.stop.is_set():
            return
        try:
            for path in job.task.outputs:
                make_folder(path.parent)
            job.task.check()
            results = self.engine.submit(job.task.request()).result()
            job.task.write(results)
        except Cancelled:
            return
        except (PackError, DeviceError) as error:
            if self.engine.describe() is None:  # no models: no job can be done
                self.stop.set()
                raise
            self.fail(job, translated(error))
        except EngineError as error:
            self.fail(job, translated(error))
        except Exception as error:
            if not self.stop.is_set():  # the engine may have been closed meanwhile
                self.fail(job, f"{type(error).__name__}: {error}")
        else:
            report = job.task.report(results)
            for name in ("seed", "milliseconds", "notes", "fit", "device", "pack"):
                if name in report:
                    job.record[name] = report[name]
            self.finish(job, "done")

    def fail(self, job: _Job, sentence: str) -> None:
        job.record["error"] = _('Line {line} of "{path}": {sentence}').format(
            line=job.line, path=self.args.jobs, sentence=sentence
        )
        self.finish(job, "failed")

    def finish(self, job: _Job, status: str) -> None:
        job.record["status"] = status
        with self.lock:
            self.finished += 1
            if job.record["error"]:
                self.progress.clear()
                say(job.record["error"])
            with self.summary.open("a", encoding="utf-8") as file:
                print(json.dumps(job.record), file=file)
            self.show()

    def show(self) -> None:
        text = _("{done} of {total} jobs").format(done=self.finished, total=self.total)
        self.progress.show(self.finished / self.total, text)


def run(args: argparse.Namespace) -> int:
    """Exit code 0 if every job is done, 1 if some failed; raises where nothing can be done."""
    lines = _read_lines(args.jobs)
    make_folder(args.out)
    summary = args.out / SUMMARY
    check_folder(args.out, summary)
    jobs = _jobs(args, lines)
    old = {record.get("hash"): record for record in _read_summary(summary)}
    waiting: list[_Job] = []
    skipped = 0
    for job in jobs:
        former = old.get(job.record["hash"])
        if job.task is None:
            waiting.append(job)
        elif (
            former is not None
            and former.get("status") == "done"
            and all(os.path.isfile(path) for path in job.task.outputs)
        ):
            job.record = {**former, "line": job.line}
            skipped += 1
        else:
            waiting.append(job)
    _write_summary(summary, [job.record for job in jobs if job.record["status"] == "done"])

    with ProgressLine() as line, options.engine_of(args) as engine:
        batch = _Batch(args, engine, summary, line, len(jobs), finished=skipped)
        batch.show()
        for job in waiting:
            if job.task is None:
                batch.fail(job, job.error)
        _run_all(batch, [job for job in waiting if job.task is not None])
    _write_summary(summary, [job.record for job in jobs])

    failed = sum(job.record["status"] == "failed" for job in jobs)
    done = len(jobs) - failed - skipped
    if args.json:
        report = {"jobs": len(jobs), "done": done, "skipped": skipped, "failed": failed}
        print_json({**report, "summary": str(summary)})
    else:
        print(
            _('{done} done, {skipped} done before, {failed} failed: see "{summary}".').format(
                done=done, skipped=skipped, failed=failed, summary=summary
            ),
            flush=True,
        )
    return 1 if failed else 0


def _run_all(batch: _Batch, jobs: list[_Job]) -> None:
    """Have the workers do ``jobs``; Ctrl-C stops them, but lets them end what they write."""
    with ThreadPoolExecutor(batch.args.workers, thread_name_prefix="batch") as workers:
        pending = {workers.submit(batch.run, job) for job in jobs}
        try:
            while pending:
                ended, pending = wait(pending, timeout=0.1, return_when=FIRST_EXCEPTION)
                for future in ended:
                    future.result()
        except BaseException:
            batch.stop.set()
            for future in pending:
                future.cancel()
            batch.engine.close()
            raise


# --- the jobs file -----------------------------------------------------------------------------


def _read_lines(path: Path) -> list[tuple[int, str]]:
    """The lines that hold something, numbered from 1."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputFileError(
            _('The list of jobs "{path}" can\'t be read: {reason}.').format(
                path=path, reason=error.strerror
            ),
            subject=path,
        ) from error
    except UnicodeDecodeError as error:
        raise InputFileError(
            _('The list of jobs "{path}" is not a text in UTF-8.').format(path=path), subject=path
        ) from error
    # not splitlines(): JSON may hold U+2028 and the like within a string
    lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines:
        raise InputFileError(
            _('The list of jobs "{path}" holds no job.').format(path=path), subject=path
        )
    return lines


def _jobs(args: argparse.Namespace, lines: Iterable[tuple[int, str]]) -> list[_Job]:
    from hs_desktop.cli import build_parser

    parser = build_parser()
    jobs = []
    writers: dict[str, int] = {}
    for number, text in lines:
        record: Record = {
            "line": number, "command": None, "out": None, "status": "waiting", "error": None,
            "milliseconds": {}, "hash": None,
        }  # fmt: skip
        job = _Job(number, record)
        jobs.append(job)
        try:
            options_given, argv = parse_line(text, args.jobs.absolute().parent, args.out)
            record["command"], record["out"] = options_given.get("command"), options_given["out"]
            task = task_of(parser.parse_args(argv))
        except EngineError as error:
            record["out"] = _out_of(text)
            job.error = translated(error)
            continue
        paths = [os.path.realpath(path) for path in task.outputs]
        twice = next((path for path in paths if path in writers), None)
        if twice is not None:
            job.error = _('"{out}" is written by line {line} already.').format(
                out=Path(twice).name, line=writers[twice]
            )
            continue
        writers.update(dict.fromkeys(paths, number))
        job.task = task
        record["hash"] = content_hash("job", options_given, args.pack, _states(task.inputs))
    return jobs


def _out_of(text: str) -> str | None:
    """What a line that can't be understood calls its output, if it says so."""
    try:
        out = json.loads(text)["out"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return out if isinstance(out, str) else None


def _states(paths: Iterable[Path]) -> list[tuple[int, int] | None]:
    """Size and time of change of each file: another content is another job."""
    states: list[tuple[int, int] | None] = []
    for path in paths:
        try:
            stat = path.stat()
        except OSError:
            states.append(None)
        else:
            states.append((stat.st_size, stat.st_mtime_ns))
    return states


# --- the summary -------------------------------------------------------------------------------


def _read_summary(path: Path) -> list[Record]:
    """The records of a former run; a line that was cut off by a kill is passed over."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return []
    records = []
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            records.append(record)
    return records


def _write_summary(path: Path, records: Iterable[Record]) -> None:
    with atomic_write(path) as file:
        for record in records:
            file.write(json.dumps(record).encode() + b"\n")
