"""Configurations of event queues (Orkes servers)."""
