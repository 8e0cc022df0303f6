"""Pages and jobs of emergency readings: `accord_auth.emergencies` decides."""
