"""``python -m autosmote``: the same as the command ``autosmote``."""

from autosmote.cli.commands import main

if __name__ == "__main__":
    main(prog_name="autosmote")
