"""Name the packages under app/, which setup.cfg cannot do: its `find:` knows no change of name.

The folders of fixtures/ are packages of data, so that a wheel has them and the script beside them stays out.
"""

from setuptools import find_packages, setup

FIXTURES = ("default", "demo", "models")

setup(
    packages=[
        "humanloop_emulator",
        *(f"humanloop_emulator.{name}" for name in find_packages("app")),
        *(f"humanloop_emulator.fixtures.{name}" for name in FIXTURES),
    ]
)
