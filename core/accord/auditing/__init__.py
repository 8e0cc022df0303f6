"""The audit log at work: its pages for auditors, and the job that seals it."""
