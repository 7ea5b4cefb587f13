"""Listeners that count, and what shows their numbers. Nothing here is imported by the automator."""
