"""How an installation runs plugins: warm processes, each with only what it was granted."""
