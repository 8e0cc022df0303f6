"""Settings, environment, database, queue and logging: what every other part of Accord stands on."""
