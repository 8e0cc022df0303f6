"""Pages of access reviews, their evidence as files, and the job that begins, reminds and ends."""
