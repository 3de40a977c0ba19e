"""The page about one run, or several of one agent: what it says, and how HTML, Markdown and plain text show it."""
