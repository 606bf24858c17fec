"""Confines a Linux process for good: no files but Python's own, no network, no other processes. Needs no privileges.

Four barriers of the kernel, in this order. A **namespace** of its own has no files but those of Python and its
libraries; all **capabilities** are dropped; **Landlock** allows those files to be read and nothing to be written;
**seccomp** allows only the system calls listed here, in the forms listed here. What is refused fails as on any system,
mostly with PermissionError.

Some systems do not let users have namespaces. The other barriers hold there too, but Landlock does not hide what it
protects: code can find out whether a file exists anywhere, its size and its times.

The confined process imports this module by itself, so it imports nothing from this package.
"""

import ctypes
import errno
import os
import platform
import signal
import struct
import sys
from collections.abc import Iterator, Sequence

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""The column of the tables below, and the number by which seccomp knows the architecture."""

FREE = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, lseek 8 62, close 3 57, fstat 5 80, statx 332 291,
newfstatat 262 79, stat 4 -, lstat 6 -, access 21 -, faccessat 269 48, faccessat2 439 439, readlink 89 -,
readlinkat 267 78, getcwd 79 17, getdents64 217 61, dup 32 23, dup2 33 -, dup3 292 24,

pipe 22 -, pipe2 293 59, eventfd2 290 19, poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, epoll_create1 291 20,
epoll_ctl 233 21, epoll_wait 232 -, epoll_pwait 281 22, sendto 44 206, recvfrom 45 207, getsockname 51 204,
getsockopt 55 209, shutdown 48 210,

mmap 9 222, munmap 11 215, mprotect 10 226, mremap 25 216, madvise 28 233, brk 12 214, futex 202 98, membarrier 324 283,
set_robust_list 273 99, rseq 334 293, set_tid_address 218 96, arch_prctl 158 -, exit 60 93, exit_group 231 94,
sched_yield 24 124, sched_getaffinity 204 123, sched_getparam 143 121, sched_getscheduler 145 120, getcpu 309 168,
sched_get_priority_max 146 125, sched_get_priority_min 147 126,

rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, sigaltstack 131 132, restart_syscall 219 128,

clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115, nanosleep 35 101, gettimeofday 96 169, time 201 -,
times 100 153, getrusage 98 165, getrandom 318 278, getrlimit 97 163, sysinfo 99 179, uname 63 160, getpid 39 172,
gettid 186 178, getppid 110 173, getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177, getresuid 118 148,
getresgid 120 150, getgroups 115 158"""
"""The system calls that are let through, with their numbers on x86_64 and aarch64: for files that are open or that
Landlock lets be opened; for waiting and the pipes of event loops; for memory and threads; for signals to itself; for
the time, chance, and who it is.

What is not here is refused: to start, trace or signal processes, to open sockets, to change files and their attributes,
memory that no limit counts, io_uring."""

CLONE_THREAD = 0x10000
WRITES = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC
FCNTL = (0, 1, 2, 3, 4, 1030, 1032)  # copies and flags; no signals, no leases
IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # is it a terminal, and flags

ALL = 0xFFFFFFFF
Check = tuple[int, int, Sequence[int]]
"""Which 32 bits of the arguments, the mask that they are taken through, and what may be left of them."""

CHECKED: dict[str, tuple[tuple[int | None, ...], list[Check]]] = {
    "open": ((2, None), [(2, WRITES, (0,))]),
    "openat": ((257, 56), [(4, WRITES, (0,))]),
    "clone": ((56, 220), [(0, CLONE_THREAD, (CLONE_THREAD,))]),
    "fcntl": ((72, 25), [(2, ALL, FCNTL)]),
    "ioctl": ((16, 29), [(2, ALL, IOCTL)]),
    "socketpair": ((53, 199), [(0, ALL, (1,)), (2, 0xF, (1,))]),  # local streams: datagrams can be sent to anybody
    "prlimit64": ((302, 261), [(0, ALL, (0,)), (4, ALL, (0,)), (5, ALL, (0,))]),  # its own, to read
}
TGKILL: tuple[int | None, ...] = (234, 131)
CLONE3 = 435  # its flags are in memory, which no filter sees; without it C libraries take clone

# Instructions of the filter: (code, jump if true, jump if false, operand), see seccomp(2).
LOAD, AND, EQUAL, ABOVE, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000
ARGUMENTS, ARCHITECTURE, NUMBER = 16, 4, 0  # offsets in what the filter looks at
X32 = 0x40000000  # another way to call x86_64, with numbers of its own

NEW_NAMESPACES = 0x10000000 | 0x20000  # of users and of mounts
BIND, RECURSIVE, PRIVATE, DETACH = 0x1000, 0x4000, 0x40000, 2
PIVOT_ROOT = (155, 41)

DEATH_SIGNAL, NO_NEW_PRIVILEGES, SET_SECCOMP, WITH_FILTER = 1, 38, 22, 2
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # on every architecture
READ_FILE, READ_DIR = 1 << 2, 1 << 3
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}  # how many rights each version of Landlock knows

PACKAGES = ("site-packages", "dist-packages")
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
DATA = ("/usr/share/zoneinfo", "/etc/localtime", "/dev/null", "/dev/urandom", os.path.join(sys.prefix, "nltk_data"))

Instruction = tuple[int, int, int, int]


def missing() -> str | None:
    """Return what this system lacks to confine a process; None if nothing is missing."""
    if sys.platform != "linux":
        return "it is not Linux"
    if platform.machine() not in ARCHITECTURES or sys.maxsize < 2**32:
        return f"its processor ({platform.machine()}) is none of {', '.join(ARCHITECTURES)}"
    if _landlock() < 1:
        return "its kernel has no Landlock (Linux 5.13 or later, enabled in lsm=)"
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(SET_SECCOMP, WITH_FILTER, None, 0, 0)  # without a filter: EFAULT means that filters are supported
    return None if ctypes.get_errno() == errno.EFAULT else "its kernel has no system call filters (seccomp)"


def confine(packages: Sequence[str] = ()) -> None:
    """Confine this process, which must have one thread, to computing and to reading Python and its libraries.

    The working directory must be empty: the readable files are mounted there. Raises OSError.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    readable = [path for path in dict.fromkeys([*_readable(), *packages]) if os.path.exists(path)]
    _hide_the_rest(libc, readable)
    program = b"".join(struct.pack("=HBBI", *instruction) for instruction in _filter())
    _must(libc.capset(struct.pack("=Ii", 0x20080522, 0), bytes(24)))
    _must(libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _restrict_files(libc, readable)
    code = ctypes.create_string_buffer(program)
    head = struct.pack("=H6xQ", len(program) // 8, ctypes.addressof(code))
    _must(libc.prctl(SET_SECCOMP, WITH_FILTER, head, 0, 0))


def _must(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _landlock() -> int:
    """Return the version of Landlock; 0 if there is none."""
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    return max(0, int(syscall(CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def _readable() -> Iterator[str]:
    """Yield the folders of this Python and of the system's libraries.

    Of `sys.path` only those with installed packages: beside an editable install there may be secrets.
    """
    yield os.path.dirname(os.__file__)
    yield os.path.join(sys.base_prefix, "lib")
    yield from (path for path in sys.path if os.path.basename(path) in PACKAGES)
    yield from LIBRARIES
    yield from DATA


def _hide_the_rest(libc: ctypes.CDLL, readable: Sequence[str]) -> None:
    """Hide all other files if the system lets this user do so; nothing is lost before the last step."""
    user, group, folder = os.getuid(), os.getgid(), os.getcwd()
    try:
        _must(libc.unshare(NEW_NAMESPACES))
        _must(libc.prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0))  # new privileges may have reset it
        for name, text in ("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1"):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        _must(libc.mount(None, b"/", None, RECURSIVE | PRIVATE, None))
        _must(libc.mount(b"tmpfs", folder.encode(), b"tmpfs", 0, b"size=1m"))
        for path in readable:
            _bind(libc, path, folder + path)
        os.chdir(folder)  # which is the new root now
        _must(libc.syscall(PIVOT_ROOT[ARCHITECTURES[platform.machine()][0]], b".", b"."))
    except OSError:
        return
    _must(libc.umount2(b".", DETACH))
    os.chdir("/")


def _bind(libc: ctypes.CDLL, path: str, target: str) -> None:
    """Mount a file or folder at another path; it may be inside a folder that is mounted already."""
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "x").close()
    _must(libc.mount(path.encode(), target.encode(), None, BIND | RECURSIVE, None))


def _restrict_files(libc: ctypes.CDLL, readable: Sequence[str]) -> None:
    """Deny all access to files but reading these; also TCP and signals, if this version of Landlock can."""
    version = _landlock()
    rights = (1 << max(count for since, count in FILE_RIGHTS.items() if since <= version)) - 1
    attributes = struct.pack("=Q", rights)
    if version >= 4:
        attributes += struct.pack("=Q", 0b11)  # to bind and to connect
    if version >= 6:
        attributes += struct.pack("=Q", 0b11)  # abstract sockets and signals
    ruleset = _must(libc.syscall(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0))
    for path in readable:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        allowed = READ_FILE | READ_DIR if os.path.isdir(path) else READ_FILE
        _must(libc.syscall(ADD_RULE, ruleset, 1, struct.pack("=Qi", allowed, opened), 0))
        os.close(opened)
    _must(libc.syscall(RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _filter() -> list[Instruction]:
    """Return the filter program that the kernel runs before each system call."""
    column, architecture = ARCHITECTURES[platform.machine()]
    allow, refuse = (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, FAIL | errno.EPERM)
    program: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        refuse,
        (LOAD, 0, 0, NUMBER),
        (ABOVE, 0, 1, X32),
        refuse,
    ]
    mine: list[Check] = [(0, ALL, (os.getpid(),))]
    checked = {**CHECKED, "tgkill": (TGKILL, mine)}
    for number in (call.split()[1 + column] for call in FREE.split(",")):
        if number != "-":
            program += [(EQUAL, 0, 1, int(number)), allow]
    for numbers, checks in checked.values():
        if (checked_number := numbers[column]) is not None:
            block = [*_checks(checks, refuse), allow]
            program += [(EQUAL, 0, len(block), checked_number), *block]
    return [*program, (EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, FAIL | errno.ENOSYS), refuse]


def _checks(checks: Sequence[Check], refuse: Instruction) -> Iterator[Instruction]:
    """Yield instructions that go on if all checks hold, and refuse otherwise."""
    for half, mask, allowed in checks:
        yield (LOAD, 0, 0, ARGUMENTS + 4 * half)
        yield (AND, 0, 0, mask)
        for place, value in enumerate(allowed):
            yield (EQUAL, len(allowed) - place, 0, value)
        yield refuse
