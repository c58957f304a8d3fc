"""``python -m fissure`` is ``fissure``."""

from fissure.cli import main

if __name__ == "__main__":
    main()
