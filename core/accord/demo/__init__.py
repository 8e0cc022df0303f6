"""The demonstration: a synthetic world to try Accord on."""
