"""A case-sharing hook that writes shares as STIX 2.1 bundles."""
