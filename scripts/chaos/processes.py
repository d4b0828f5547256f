"""Processes that never outlive the run."""
import ctypes
import os
import pwd
import signal
import socket
import subprocess

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


def started(command, death_signal=signal.SIGKILL, account=None, **options):
    """In a session of its own, so that a terminal's Ctrl-C does not reach it, and ended by the kernel with this program.
    Call it on the main thread: the kernel watches the thread that started it."""
    def prepare():
        LIBC.prctl(PR_SET_PDEATHSIG, death_signal)
        # Python ignores it, and a relay must meet a full disk as an error as well where a limit plays the disk.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    options.setdefault('stdin', subprocess.DEVNULL)
    if account:
        options.update(user=account.pw_uid, group=account.pw_gid, extra_groups=[])
    return subprocess.Popen([str(word) for word in command], preexec_fn=prepare, start_new_session=True, **options)


def ended(process, number=signal.SIGTERM, seconds=20):
    """Ends it, by force where it must be; its status."""
    if process.poll() is None:
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def server_account():
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return None
    for name in ('postgres', 'nobody'):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise SystemExit('scripts/chaos: PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody')


def free_port():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]
