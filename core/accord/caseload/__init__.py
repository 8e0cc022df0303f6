"""The caseload: leads assessed and ranked with reasons, opened as cases."""
