"""A moto backend for Amazon Macie (``macie2``) whose jobs really read and scan the objects of the local S3."""
