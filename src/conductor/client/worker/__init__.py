"""What a user writes: workers as classes and as functions."""
