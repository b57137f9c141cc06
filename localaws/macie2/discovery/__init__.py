"""Automated discovery: its days, the sample of a day, and the profile of a bucket."""
