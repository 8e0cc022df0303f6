"""What every page shares: the layout, its look, the front-end packages and the security headers."""
