"""The model gateway: a process of its own per run, through which agents speak to models whose keys they never see.

`process` starts it and `session` opens an attempt in it; these two are light. All else runs inside that process.
"""
