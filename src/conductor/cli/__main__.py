"""`python -m conductor.cli` is the `conductor` command."""

from conductor.cli.main import main

if __name__ == "__main__":
    main()
