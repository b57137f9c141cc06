"""Differences of the detection from Macie's; those of the identifiers are in ``identifiers/differences.py``."""

from __future__ import annotations

DIFFERENCES: tuple[str, ...] = (
    "Not read, but SKIPPED with UNSUPPORTED_FILE_TYPE_EXCEPTION: Avro, PDF, Excel (xls, xlsx), Word (doc, docx) and "
    "mail (eml).",
    "A file whose extension AWS does not document is read as text when less than a twentieth of its beginning are "
    'control characters; AWS only says "non-binary text". Images, audio, video, programs and other archives are '
    "unsupported by their extension.",
    "HTML, XML and YAML are read as text, tags and all.",
    "Text is UTF-8, or UTF-16 with a byte order mark; a line that is not UTF-8 is read as Latin-1. AWS does not say "
    "which encodings it reads.",
    "AWS does not say how Macie finds the header and the delimiter of a CSV file. Here the header is the first record "
    "that is not blank, and the delimiter the comma, or when the first line has none the commonest of tab, semicolon "
    "and bar (in quotes they do not count), if the records have the same number of cells, no other delimiter gives as "
    "many, no blank line is among them, no later one looks like a header, and no cell names what the next one holds. "
    "Otherwise (titles, comments, a line `sep=;`, records of different lengths, several tables, keys with values) the "
    "file is scanned as the table of most of the first records (or by the delimiter that `sep=` names), as the table "
    "whose header has most known names, as the plain table, as the tables of up to four other headers, and as text; "
    "for each identifier, the scan counts that found most. Only the first 64 KB (1,000 records; for keys with values "
    "100) are searched.",
    "Bytes of another format than the extension of a csv, tsv, json, jsonl or txt file are SKIPPED whatever the size, "
    "with MALFORMED_FILE, or UNSUPPORTED_FILE_TYPE_EXCEPTION for text: packed, encrypted or binary files by their "
    "first bytes, UTF-16 without a mark, UTF-32, EBCDIC and others by statistics, HTML, XML, pointers of Git LFS, DVC "
    "and git-annex; in a csv or tsv file also JSON. AWS does not say what Macie does with them. A json file without "
    "any JSON, and a csv file of which "
    "nothing is CSV, are read as text, and have the MIME type text/plain.",
    "When the header of a CSV file holds sensitive data, all places of the file are reported as lines; AWS documents "
    "this, but not the column of such a place: here it is that of the cell.",
    "A CSV file with more than 250,000 columns is SKIPPED with UNABLE_TO_PARSE_FILE.",
    "What stops being CSV or JSON is read as text from there on, and places before it are cells or records; "
    "Macie reads all of a malformed file as text. A quoted cell over 32 MB, and a string over 32 million characters, "
    "is taken for a stray quote.",
    "JSON may hold several texts one after the other, also in a .json file; a member that is there twice counts twice.",
    "A name of an element that is sensitive itself is counted once in a file, as a record without a path.",
    "JSON that is nested deeper than 256 is SKIPPED with JSON_NESTING_LEVEL_OVER_LIMIT. AWS says that Macie analyses "
    "nothing of it, but not how it reports that.",
    "A match in a text that is longer than 8,192 characters, or a name or an address where a line of more than a "
    "million characters is cut, may be missed.",
    "The keyword of a managed identifier may stand before or behind the match, across lines too.",
    "NAME and ADDRESS are looked for line by line in text; in JSON and Parquet they may be spread over the members of "
    "one object.",
    "Binary columns of Parquet are read when they hold UTF-8. A Parquet file that polars cannot read is SKIPPED, or "
    "PARTIAL where it breaks, with UNABLE_TO_PARSE_FILE.",
    "Of zip files, members that are encrypted or compressed otherwise than by deflate are SKIPPED with "
    "UNABLE_TO_PARSE_FILE, and a file with a directory over 16 MB (some 150,000 members) as a whole.",
    "A header of a tar file over 1 MB makes the rest of it MALFORMED_FILE. Links are not followed.",
    "The result of an archive has no places; they are in the results of its files. AWS does not document them.",
    "The terms of a job's scope are not applied to the files in an archive.",
    "The limit of ten hours for an object (TIME_CUT_OFF_REACHED) is never met.",
)
