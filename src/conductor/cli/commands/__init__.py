"""One file a command; `conductor.cli.main` loads each only when it is called."""
