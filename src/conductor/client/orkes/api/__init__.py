"""Endpoints that only Orkes servers have, by the names that older code imports."""
