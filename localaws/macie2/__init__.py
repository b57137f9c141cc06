"""A moto backend for Amazon Macie (``macie2``) whose jobs really read and scan the objects of the local S3.

``install.install()`` puts it in the place of moto's own; ``localaws.server`` serves it. What it has: sessions, custom
and managed data identifiers, classification jobs, the export configuration, discovery results, findings, tags, and
moto's members, invitations and organization administrator. Every other operation of botocore's model is answered with
a 501 that names it. ONE_TIME jobs run; SCHEDULED jobs can be created and stay IDLE, they have no runs yet.

Not as in Macie: the lag of findings counts from the end of the job and is one second (``dials``), an export
configuration is not applied to earlier results, and nobody is asked for permission to read a bucket.
"""
