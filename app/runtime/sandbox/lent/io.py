"""`io` for Monty: StringIO."""


class StringIO:
    def __init__(self, initial_value="", newline="\n"):
        if newline != "\n" and newline != "":
            raise NotImplementedError("io.StringIO: this newline is not supported in this environment")
        self._text = initial_value or ""
        self._place = 0

    def write(self, s):
        before = self._text[: self._place]
        if s and self._place > len(self._text):
            before += "\0" * (self._place - len(self._text))
        self._text = before + s + self._text[self._place + len(s) :]
        self._place += len(s)
        return len(s)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def getvalue(self):
        return self._text

    def read(self, size=-1):
        end = len(self._text) if size is None or size < 0 else self._place + size
        read = self._text[self._place : end]
        self._place += len(read)
        return read

    def readline(self):
        end = self._text.find("\n", self._place)
        return self.read(-1 if end < 0 else end + 1 - self._place)

    def readlines(self):
        return list(iter(self))

    def __iter__(self):
        lines = self.read().split("\n")
        return iter([line + "\n" for line in lines[:-1]] + [line for line in lines[-1:] if line])

    def seek(self, place):
        self._place = place
        return place

    def tell(self):
        return self._place

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        return None
