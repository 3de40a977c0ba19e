"""Parts that competitions prepare their data with: reading, splitting, linking, archives."""
