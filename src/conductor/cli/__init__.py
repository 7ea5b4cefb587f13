"""The `conductor` command: argv to calls, answers to a screen."""
