"""The local S3 as Macie sees it: buckets, objects, access and inventory."""
