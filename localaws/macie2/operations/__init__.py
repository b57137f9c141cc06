"""The operations of the API, a module for each area of it.

A method of an area is an operation: named as boto3 names it, it takes the validated request and returns the members of
the response. :mod:`localaws.macie2.responses` finds it by its name.
"""
