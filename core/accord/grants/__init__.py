"""What plugins were granted beyond their records: HTTP to named hosts, and a store."""
