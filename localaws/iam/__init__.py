"""Enforcement of IAM: requests are decided by the policies of the caller and of the resource.

Off until it is switched on (:mod:`localaws.iam.switch`). Requests with the credentials of a role (``AssumeRole``) or of
a user are then decided as AWS decides them; all other credentials are the account's root, which is never refused.
moto's own ``access_control`` compares actions alone: neither resources nor conditions nor policies of resources.
"""
