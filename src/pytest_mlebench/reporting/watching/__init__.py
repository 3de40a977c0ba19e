"""What a run that goes on is doing, for those who watch: read from its folder, which nothing here changes."""
