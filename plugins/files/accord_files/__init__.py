"""A data source that reads record lines from files."""
