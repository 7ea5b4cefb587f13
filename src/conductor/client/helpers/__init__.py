"""Small things that users import."""
