"""The host's side: a plugin's process, its sandbox and what it may ask for.

It stands in the SDK so that authors test in the same isolation as production. Plugins do not import it.
"""
