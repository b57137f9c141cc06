"""Sensitive data detection in one object.

:mod:`localaws.macie2.detection.scanner` is the entry point: ``scan`` and ``reveal``. It gives the object to
``readers``, which turn its bytes into tables and text; ``matching`` applies the identifiers to these.
"""
