"""`collections` for Monty: its own, and OrderedDict, which is a dict."""

import collections as own

Counter = own.Counter
defaultdict = own.defaultdict
deque = own.deque
namedtuple = own.namedtuple
OrderedDict = dict
