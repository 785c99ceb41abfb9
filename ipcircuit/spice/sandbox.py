"""Rights that a simulator worker gives up before its first deck.

A second line: no text of a user's file reaches ngspice as it is (`ipcircuit.spice.cards`). Should a deck make ngspice
do something all the same, then in a process that can start no program, open no connection and change no file, that
sees none of the user's environment, and whose time, memory and files are bounded. What the system does not offer is
left out; `ipcircuit doctor` says what is active.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import time

LIMITS, PROGRAMS, FILES = "limits", "no programs, no network", "no file changes"
PROTECTIONS = (LIMITS, PROGRAMS, FILES)
MEMORY_VARIABLE = "IPCIRCUIT_WORKER_GIB"
DEFAULT_MEMORY_GIB = 4.0
HOW_TO_GET = (
    "Linux with seccomp and libseccomp (Debian/Ubuntu: apt-get install libseccomp2; Fedora: dnf install libseccomp)"
)
_OUTPUT_BYTES = 16 * 2**20  # of what a worker says on stderr, the one file that it writes
_OPEN_FILES = 128
_CPU_MARGIN_S = 60
#: All that a worker sees of the environment: what finds Python, its packages, the library and ngspice's own files.
ENVIRONMENT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT"),
    *(
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONHASHSEED",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "DYLD_FALLBACK_LIBRARY_PATH",
    ),
    *("NGSPICE_LIBRARY_PATH", "SPICE_LIB_DIR", "SPICE_SCRIPTS", MEMORY_VARIABLE),
)

_NO_PROGRAMS = (
    *("execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise"),
    *("kill", "tkill", "pidfd_open", "pidfd_send_signal", "pidfd_getfd", "rt_sigqueueinfo", "rt_tgsigqueueinfo"),
    *("socket", "socketpair", "connect", "bind", "listen", "accept", "accept4"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register", "bpf", "perf_event_open", "userfaultfd"),
    *("add_key", "request_key", "keyctl", "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "swapon"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "open_by_handle_at"),
    *("mq_open", "shmget", "msgget", "semget", "memfd_create"),
)
_NO_FILE_CHANGES = (
    *("creat", "truncate", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink"),
    *("symlinkat", "mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "chmod", "fchmod", "fchmodat", "fchmodat2"),
    *("chown", "fchown", "lchown", "fchownat", "utime", "utimes", "utimensat", "futimesat"),
    *("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr"),
)
_CLONE_THREAD = 0x10000
# Constants of <seccomp.h>.
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_ALL_THREADS, _NO_SPECULATION_GUARD = 4, 7
_NOT_EQUAL, _MASKED_EQUAL = 1, 7


class _Comparison(ctypes.Structure):  # struct scmp_arg_cmp; of an operator without a mask, `mask` is the value
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    )


def environment() -> dict[str, str]:
    """Environment of a simulator process: none of the user's secrets, and where Python looks as absolute paths, for the
    process has a working folder of its own."""
    values = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    if folders := values.get("PYTHONPATH"):
        values["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, folders.split(os.pathsep)))
    return values


def confine() -> tuple[str, ...]:
    """Give up this process's rights for good; returns what is active, of `LIMITS`, `PROGRAMS` and `FILES`."""
    return (*_limited(), *_filtered())


def allow_cpu(seconds: float) -> None:
    """Bound the processor time that this process may use from now on; it is ended when it takes more."""
    try:
        import resource
    except ImportError:  # Windows
        return
    total = int(time.process_time() + seconds + _CPU_MARGIN_S)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (total if hard == resource.RLIM_INFINITY else min(total, hard), hard))


def _limited() -> tuple[str, ...]:
    try:
        import resource
    except ImportError:  # Windows
        return ()
    bounds = {
        "RLIMIT_DATA": int(_memory_gib() * 2**30),
        "RLIMIT_FSIZE": _OUTPUT_BYTES,
        "RLIMIT_NOFILE": _OPEN_FILES,
        "RLIMIT_CORE": 0,
    }
    for name, bound in bounds.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        lower = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        try:
            resource.setrlimit(kind, (lower, lower))
        except (OSError, ValueError):  # macOS has no limit of memory
            return ()
    return (LIMITS,)


def _memory_gib() -> float:
    try:
        chosen = float(os.environ.get(MEMORY_VARIABLE, DEFAULT_MEMORY_GIB))
    except ValueError:
        return DEFAULT_MEMORY_GIB
    return chosen if 0.25 <= chosen <= 2**20 else DEFAULT_MEMORY_GIB


def _filtered() -> tuple[str, ...]:
    """Forbid system calls; they fail then as they do for a user without the right."""
    if not sys.platform.startswith("linux"):
        return ()
    try:
        library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        filter_ = _Filter(library)
    except (OSError, AttributeError):
        return ()
    for name in _NO_PROGRAMS:
        filter_.forbid(name)
    filter_.forbid("clone", _Comparison(0, _MASKED_EQUAL, _CLONE_THREAD, 0))
    filter_.forbid("clone3", error=errno.ENOSYS)  # its flags lie in memory; threads are then made by clone
    filter_.forbid(
        "tgkill", _Comparison(0, _NOT_EQUAL, os.getpid(), 0)
    )  # any process but this one, which may abort itself
    for name in _NO_FILE_CHANGES:
        filter_.forbid(name)
    for name, position in (("open", 1), ("openat", 2)):
        for flag in (os.O_WRONLY, os.O_RDWR):
            filter_.forbid(name, _Comparison(position, _MASKED_EQUAL, os.O_ACCMODE, flag))
        for flag in (os.O_CREAT, os.O_TRUNC):
            filter_.forbid(name, _Comparison(position, _MASKED_EQUAL, flag, flag))
    filter_.forbid("openat2", error=errno.ENOSYS)
    return (PROGRAMS, FILES) if filter_.load() else ()


class _Filter:
    """A seccomp filter made by libseccomp, which knows the numbers of the calls on each architecture."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        library.seccomp_init.restype = ctypes.c_void_p
        library.seccomp_init.argtypes = (ctypes.c_uint32,)
        library.seccomp_rule_add_array.argtypes = (
            *(ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint),
            ctypes.POINTER(_Comparison),
        )
        library.seccomp_attr_set.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32)
        library.seccomp_load.argtypes = (ctypes.c_void_p,)
        self._filter = library.seccomp_init(_ALLOW)
        self._complete = bool(self._filter)

    def forbid(self, name: str, *comparisons: _Comparison, error: int = errno.EPERM) -> None:
        """A call that fails with `error`, if its arguments compare as given."""
        number = self._library.seccomp_syscall_resolve_name(name.encode())
        if number == -1:  # newer than the library: the kernel may have it, but no program built with it calls it
            return
        array = (_Comparison * max(1, len(comparisons)))(*comparisons)
        failed = self._library.seccomp_rule_add_array(self._filter, _ERRNO | error, number, len(comparisons), array)
        self._complete = self._complete and (failed == 0 or number < 0)  # below 0: a call this architecture lacks

    def load(self) -> bool:
        """Put it into force for all threads; whether that worked."""
        if not self._complete:
            return False
        self._library.seccomp_attr_set(self._filter, _NO_SPECULATION_GUARD, 1)  # it slows some programs a lot
        return (
            self._library.seccomp_attr_set(self._filter, _ALL_THREADS, 1) == 0
            and self._library.seccomp_load(self._filter) == 0
        )
