"""What a reviewer sees: Markdown with names, identifiers and counts of the reviewed files, never a value. Pure.

Names of files and columns and the asker's reason come from outside. Airflow draws the text as Markdown, where a name
could become a link, an image or a heading: characters that Markdown or a template interprets are written as ``%`` and
their code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from lake_gate.decision.columns import ColumnLine, sentence
from lake_gate.model.words import counted
from lake_gate.review.request import Answer, Asked, Request, ReviewedFile

MOST_CHARACTERS = 300
MOST_COLUMNS = 20
"""Most columns that are shown of a file; the Gate page shows all."""
MOST_IGNORED_SHOWN = 3
"""Most answers that are shown of those that do not count: the latest."""
_SAFE = frozenset(" .,;?!'/()-")
_LINKED = re.compile(r"www\.|://", re.IGNORECASE)
_WORDS = {
    Asked.RELEASE: "release as it is",
    Asked.RELEASE_MASKED: "release a masked copy",
    Asked.RESCAN: "scan again, without an exception",
    Asked.KEEP: "keep in quarantine",
    Asked.PURGE: "purge: delete every version with these bytes permanently",
}


def plain(text: str) -> str:
    """Return a text from outside so that Markdown draws its characters, and nothing else."""
    cut = text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 3] + "..."
    return _LINKED.sub(lambda found: "".join(map(_code, found.group())), "".join(map(_shown, cut)))


def _shown(character: str) -> str:
    if character == "_":
        return "\\_"
    return character if character.isalnum() or character in _SAFE or character == ":" else _code(character)


def _code(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode(errors="surrogatepass"))


def subject(request: Request) -> str:
    """Return the headline."""
    return f"{request.feed}: {_WORDS[request.kind]}, {counted(len(request.files), 'quarantined file')}"


def body(
    request: Request,
    columns: Iterable[ColumnLine],
    approvals: Sequence[Answer],
    *,
    page: str | None,
    past: Mapping[str, str] = MappingProxyType({}),
    ignored: Sequence[tuple[Answer, str]] = (),
) -> str:
    """Return the text that the person who answers sees.

    :param columns: lines of ``columns.jsonl`` about the files.
    :param approvals: answers that count already.
    :param page: address of the run on the Gate page; None where Airflow does not know its own address.
    :param past: what became of the table of each file in earlier runs, in words, by name of the file.
    :param ignored: answers that do not count, in their order, each with why.
    """
    lines = list(columns)
    parts = [
        *_ignored(ignored),
        f"**Asked**: {_WORDS[request.kind]}",
        f"**By**: {plain(request.asked_by)}, {request.asked_at}; to be answered until {request.deadline_at}",
        f"**Why**: {plain(request.reason)}",
        f"**People who have to approve**: {request.needed}, never the asker. {_approved(approvals)}",
        *_exception(request),
        "**Files**",
        "\n".join(line for file in request.files for line in _file(file, lines, past.get(file.name))),
        _how_to_look(request, page),
        "If this question stays after an answer, the answer did not count: the log of this task says why.",
    ]
    return "\n\n".join(parts)


def _approved(approvals: Sequence[Answer]) -> str:
    return f"Approved by {', '.join(plain(answer.by) for answer in approvals)}." if approvals else ""


def _ignored(answers: Sequence[tuple[Answer, str]]) -> Iterator[str]:
    if len(answers) > MOST_IGNORED_SHOWN:
        yield f"{counted(len(answers) - MOST_IGNORED_SHOWN, 'earlier answer')} did not count."
    for answer, problem in answers[-MOST_IGNORED_SHOWN:]:
        yield f"**{ignored_answer(answer, problem)}**"


def ignored_answer(answer: Answer, problem: str) -> str:
    """Return the sentence about an answer that does not count.

    :param problem: why, see :func:`lake_gate.review.request.problem_of`.
    """
    by = f" of {plain(answer.by)}" if answer.by else ""
    at = f" at {plain(answer.at[: len('2026-11-29T12:00')].replace('T', ' '))} UTC" if answer.at else ""
    return f"The answer{by}{at} does not count: {plain(problem)}."


def _exception(request: Request) -> Iterator[str]:
    proposal = request.exception
    if proposal is None:
        return
    if proposal.scope == "files":
        scope = "these bytes only, for the identifiers below"
    else:
        column = f"column {plain(proposal.column)}" if proposal.column else "all columns"
        scope = f"{plain(proposal.identifier or '')} in {column} of the table, at most {proposal.most:,} times a file"
    yield (
        f"**Exception**: {proposal.kind.replace('_', ' ')}, until {proposal.until}: {scope}. Everything else in the "
        "files counts as before, and they are scanned again."
    )


def _file(file: ReviewedFile, columns: Sequence[ColumnLine], past: str | None) -> Iterator[str]:
    found = ", ".join(f"{plain(name)} x {count:,}" for name, count in sorted(file.detections.items()))
    yield f"- **{plain(file.name)}**, {file.size_bytes:,} bytes, {plain(file.reason)}: {found or 'no identifiers'}"
    if past:
        yield f"    - {plain(past)}"
    own = [line for line in columns if line.name == file.name and line.index is not None]
    for line in own[:MOST_COLUMNS]:
        yield f"    - {plain(sentence(line))}; {_history(line)}"
    if len(own) > MOST_COLUMNS:
        yield f"    - {counted(len(own) - MOST_COLUMNS, 'more column')}"


def _history(line: ColumnLine) -> str:
    at = (line.first_seen or {}).get("at")
    return f"known since {plain(str(at)[:10])}" if at else "new in this run"


def _how_to_look(request: Request, page: str | None) -> str:
    where = f"The Gate page shows all of the run: {page}\n\n" if page else ""
    return (
        f"{where}**To look at the data**, assume the reviewer role (docs/review.md) and read the versions that "
        f"request.json below {plain(request.documents)} in bronze names. Never copy a value into an answer."
    )
