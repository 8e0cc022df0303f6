"""Who somebody is and what they may do: organisations, people, roles, sessions, audit."""
