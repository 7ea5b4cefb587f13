"""What is written by hand of the models; the generated classes inherit from these."""
