"""Names, labels and meanings of the metrics."""
