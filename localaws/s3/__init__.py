"""Features of S3 that moto 5.2.5 lacks and safe moves of objects need: conditions, checksums, serialized writes.

- CopyObject with ``If-None-Match``, ``If-Match`` and ``x-amz-copy-source-if-match``, CompleteMultipartUpload with
  ``If-Match``; a condition and the write that depends on it are one step.
- A checksum that does not fit the content is refused, and kept with its type when it fits; parts have them, too.
- A copy is one object with a checksum of its own, also if its source was a multipart upload.
"""
