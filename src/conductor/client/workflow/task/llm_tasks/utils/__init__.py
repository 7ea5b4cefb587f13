"""Values that the tasks take."""
