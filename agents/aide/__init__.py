"""AIDE: a language model writes scripts in a tree search, judged by their validation scores."""
