"""EventBridge as moto has it, and what it leaves out: delivery to SNS, patterns over lists, inputs of targets.

``install.install()`` puts it in the place of moto's own rules.
"""
