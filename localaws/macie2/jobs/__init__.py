"""Classification jobs: their requests, their runs in time, what a run reads and writes."""
