"""What a run says: tables and files made from attempt records; nothing here starts anything."""
