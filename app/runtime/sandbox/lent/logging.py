"""`logging` for Monty: what is logged goes where stderr goes, which is nowhere. To set it up is left to CPython."""

CRITICAL = 50
ERROR = 40
WARNING = 30
INFO = 20
DEBUG = 10


class Logger:
    def __init__(self, name):
        self.name = name
        self.debug = self.info = self.warning = self.error = self.exception = self.critical = _nowhere
        self.setLevel = _nowhere


def getLogger(name="root"):
    return Logger(name)


def _nowhere(msg, *args, **kwargs):
    return None


debug = _nowhere
info = _nowhere
warning = _nowhere
error = _nowhere
exception = _nowhere
critical = _nowhere
