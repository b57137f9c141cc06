"""Findings and discovery results: their documents, filters, samples and injected faults."""
