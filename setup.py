"""Name the packages under app/, which setup.cfg cannot do: its `find:` knows no change of name."""

from setuptools import find_packages, setup

setup(packages=["humanloop_emulator", *(f"humanloop_emulator.{name}" for name in find_packages("app"))])
