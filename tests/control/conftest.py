"""Fixtures for what meets faults."""

import pytest
from flask import Flask

from humanloop_emulator.control.faults.rules import Faults


@pytest.fixture
def faults(app: Flask) -> Faults:
    found: Faults = app.extensions["emulator"].faults
    return found
