"""The host's side of plugins: each runs in a process of its own and gets only what it was granted."""
