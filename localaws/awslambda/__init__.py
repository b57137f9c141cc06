"""Lambda functions that run: Python handlers that a template or CreateFunction gives with their code.

moto runs functions in docker. Here each invocation is a process of its own with a deadline, and its boto3 reaches the
local AWS as the function's role. It is not a sandbox: the code runs as the user who started the server. Functions from
S3, images and other runtimes are not run; their logs say so. ``install.install()`` puts it in the place of moto's.
"""
