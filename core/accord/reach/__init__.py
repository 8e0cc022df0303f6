"""Who can reach what, and why: the rules of row security in words and in Python, beside the SQL."""
