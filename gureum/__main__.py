"""`python -m gureum` is the command `gureum`."""

from gureum.cli import main

if __name__ == "__main__":
    main()
