"""The `kaug` command, as `python -m kaug.cli`."""

from kaug.cli import main

main()
