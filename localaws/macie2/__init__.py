"""A moto backend for Amazon Macie (``macie2``) whose jobs really read and scan the objects of the local S3.

``install.install()`` puts it in the place of moto's own; ``localaws.server`` serves it. An operation of the API that it
does not have is answered with a 501 that names it. :mod:`localaws.macie2.coverage` lists the operations
and the differences from Macie in ``docs/reports/local_macie.md``.
"""
