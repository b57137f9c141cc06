"""The parts of a CloudFormation template that moto 5.2.5 ignores silently: types, properties and change sets.

Each type makes its resource by the same backend as the API does, so what a stack has made can be described as always.
"""
