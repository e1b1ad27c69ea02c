"""``python -m immunosim`` is the command line."""

from immunosim.cli.main import main

if __name__ == "__main__":
    main()
