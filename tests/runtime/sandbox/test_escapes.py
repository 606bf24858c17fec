"""Ways out of the sandbox: each is refused with an error, and leaves nothing behind, also where the error is caught."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import indent

import pytest

from humanloop_emulator.runtime.sandbox import make
from humanloop_emulator.runtime.sandbox.base import Limits, Outcome

SECRET = "the-secret-of-the-host"

# FILE does not exist, and must not; SECRET_FILE and the variable HOST_SECRET hold a secret; PORT is listened on.
ESCAPES = {
    "open-read": "return open('SECRET_FILE').read()",
    "open-write": "open('FILE', 'w').write('x')",
    "open-relative": "return open('../' * 20 + 'SECRET_FILE').read()",
    "io-open": "import io\nreturn io.open('SECRET_FILE').read()",
    "pathlib-read": "from pathlib import Path\nreturn Path('SECRET_FILE').read_text()",
    "pathlib-write": "from pathlib import Path\nPath('FILE').write_text('x')",
    "pathlib-touch": "from pathlib import Path\nPath('FILE').touch()",
    "pathlib-mkdir": "from pathlib import Path\nPath('FILE').mkdir()",
    "pathlib-glob": "from pathlib import Path\nreturn [str(p) for p in Path('FOLDER').iterdir()]",
    "pathlib-exists": "from pathlib import Path\nreturn Path('SECRET_FILE').exists()",
    "os-listdir": "import os\nreturn os.listdir('FOLDER')",
    "os-remove": "import os\nos.remove('SECRET_FILE')",
    "os-mkdir": "import os\nos.mkdir('FILE')",
    "os-open": "import os\nreturn os.read(os.open('SECRET_FILE', os.O_RDONLY), 100)",
    "os-environ": "import os\nreturn os.environ['HOST_SECRET']",
    "os-putenv": "import os\nos.putenv('HOST_SECRET', 'x')\nreturn os.environ['HOST_SECRET']",
    "os-system": "import os\nos.system('touch FILE')",
    "os-popen": "import os\nreturn os.popen('cat SECRET_FILE').read()",
    "os-fork": "import os\nreturn os.fork()",
    "os-exec": "import os\nos.execv('/bin/sh', ['sh', '-c', 'touch FILE'])",
    "os-kill": "import os\nos.kill(os.getppid(), 9)",
    "subprocess": "import subprocess\nsubprocess.run(['touch', 'FILE'])",
    "multiprocessing": "import multiprocessing\nmultiprocessing.Process(target=print).start()",
    "threading": "import threading\nthreading.Thread(target=print).start()",
    "socket": "import socket\nsocket.create_connection(('127.0.0.1', PORT))",
    "urllib": "from urllib.request import urlopen\nurlopen('http://127.0.0.1:PORT').read()",
    "http": "import http.client\nhttp.client.HTTPConnection('127.0.0.1', PORT).request('GET', '/')",
    "asyncio": "import asyncio\nasyncio.run(asyncio.open_connection('127.0.0.1', PORT))",
    "import": "__import__('os').system('touch FILE')",
    "importlib": "import importlib\nimportlib.import_module('os').system('touch FILE')",
    "eval": "eval(\"__import__('os').system('touch FILE')\")",
    "eval-open": "return eval(\"open('SECRET_FILE').read()\")",
    "exec": "exec(\"import subprocess; subprocess.run(['touch', 'FILE'])\")",
    "exec-open": "exec(\"open('FILE', 'w').write('x')\")",
    "compile": "exec(compile(\"open('FILE', 'w')\", 'x', 'exec'))",
    "subclasses": "return len(().__class__.__mro__[1].__subclasses__())",
    "subclasses-of-type": "return len(object.__subclasses__())",
    "bases": "return str(type('').__bases__[0])",
    "getattr": "return str(getattr((), '__class__'))",
    "globals-of-function": "def g(): pass\nreturn str(g.__globals__)",
    "globals-of-init": "class A:\n    def __init__(self): pass\nreturn str(A.__init__.__globals__)",
    "code-of-function": "def g(): pass\ng.__code__ = g.__code__.replace(co_consts=())",
    "closure": "return str((lambda: 0).__closure__)",
    "self-of-builtin": "return str(print.__self__)",
    "builtins": "return str(__builtins__)",
    "builtins-module": "import builtins\nreturn builtins.open('SECRET_FILE').read()",
    "globals": "return globals()['__builtins__']",
    "loader": "return str(__loader__)",
    "format": "return '{0.__class__.__mro__}'.format(())",
    "format-globals": "def g(): pass\nreturn '{0.__globals__}'.format(g)",
    "format-map": "return '{x.__class__}'.format_map({'x': 1})",
    "format-index": "return '{0[0].__class__.__init__.__globals__}'.format([[]])",
    "f-string": "return f'{().__class__.__mro__}'",
    "frames": "import sys\nreturn str(sys._getframe(1).f_globals)",
    "frames-of-traceback": "try:\n    1 / 0\nexcept Exception as e:\n    return str(e.__traceback__.tb_frame.f_back)",
    "frames-of-generator": "return str((x for x in [1]).gi_frame.f_back)",
    "sys-modules": "import sys\nreturn sys.modules['os'].system('touch FILE')",
    "gc": "import gc\nreturn len(gc.get_objects())",
    "inspect": "import inspect\nreturn str(inspect.stack())",
    "ctypes": "import ctypes\nctypes.CDLL(None).system(b'touch FILE')",
    "pickle": "import pickle\npickle.loads(b\"cos\\nsystem\\n(S'touch FILE'\\ntR.\")",
    "marshal": "import marshal\nreturn str(marshal.loads(b'N'))",
    "breakpoint": "breakpoint()",
    "input": "return input()",
    "print-to-file": "print('x', file=open('FILE', 'w'))",
    "lent-globals": "import difflib\nreturn str(difflib.SequenceMatcher.__init__.__globals__)",
    "lent-module-of-host": "import statistics\nreturn statistics.math.__loader__",
    "lent-imports": "from textwrap import os\nos.system('touch FILE')",
    "schema-from-a-file": "import jsonschema\njsonschema.validate(1, {'$ref': 'file://SECRET_FILE'})",
    "dunder-of-object": "class A: pass\nreturn str(A().__class__.__base__)",
}

Run = Callable[[str], Outcome]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run code in the sandbox, with bait around it that must be as it was afterwards."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    monkeypatch.setenv("HOST_SECRET", SECRET)
    sandbox = make("monty", Limits())
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)

        def call(body: str) -> Outcome:
            code = f"def check(log):\n{indent(body, '    ')}\n    return 'done'"
            for name, found in (
                *(("SECRET_FILE", secret), ("FOLDER", tmp_path), ("FILE", tmp_path / "made")),
                ("PORT", server.getsockname()[1]),
            ):
                code = code.replace(name, str(found))
            return sandbox.run(code, ({"output": "x"},))

        yield call
        assert [path.name for path in tmp_path.iterdir()] == ["secret"]
        assert secret.read_text() == SECRET
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("body", ESCAPES.values(), ids=ESCAPES)
def test_escapes_are_refused(run: Run, body: str) -> None:
    outcome = run(body)
    assert outcome.error is not None
    assert outcome.value is None
    assert SECRET not in outcome.error
    assert SECRET not in (outcome.stdout or "")


@pytest.mark.parametrize("body", ESCAPES.values(), ids=ESCAPES)
def test_escapes_lead_nowhere_where_the_error_is_caught(run: Run, body: str) -> None:
    outcome = run(f"try:\n{indent(body, '    ')}\nexcept BaseException as error:\n    print(error)")
    assert outcome.value == "done" or outcome.error is not None
    assert SECRET not in str(outcome)


def test_the_code_reads_no_more_than_it_is_given(run: Run) -> None:
    assert run("import os\nreturn [dict(os.environ), os.getcwd(), __file__]").value == [{}, "/", "/code.py"]
