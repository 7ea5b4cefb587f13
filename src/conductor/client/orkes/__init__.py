"""The high-level clients: Conductor in sentences. Thin over the generated API classes."""
