"""What moto 5.2.5's S3 leaves out and safe moves of objects stand on: conditions, checksums, one write at a time.

- CopyObject with ``If-None-Match``, ``If-Match`` and ``x-amz-copy-source-if-match``, CompleteMultipartUpload with
  ``If-Match``; a condition and the write that depends on it are one step.
- A checksum that does not fit the content is refused, and kept with its type when it fits; parts have them, too.
- A copy is one object with a checksum of its own, whatever its source was put together from.
"""
