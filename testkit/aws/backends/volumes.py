"""Volumes of containers in which everybody is the access point's user.

Real EFS (user guide, "Enforcing a user identity using an access point"): whatever user a client has, the file system takes each
operation as the access point's user's, who owns what is made. The container's user stays what its image says. Here the kernel
does it: the folder is mounted with the container's user in the place of the access point's (an idmapped mount; Linux 5.12,
ext4, xfs, btrfs, tmpfs). A container sees its own user as the owner where EFS shows the access point's; who may do what, and
who owns what is left, is the same. A program that changes its user within the container is not followed.
"""
import contextlib
import ctypes
import os
import subprocess
import tempfile

_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_AT_FDCWD, _AT_EMPTY_PATH = -100, 0x1000
_CLONE, _CLOEXEC = 1, 0o2000000
_IDMAP = 0x00100000
_FROM_EMPTY_PATH = 4
_DETACH = 2

_libc = ctypes.CDLL(None, use_errno=True)


class _Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


@contextlib.contextmanager
def as_owners(binds, owners, user, folder):
    """`binds` with each folder of `owners` (path to uid and gid) replaced by a mount in which `user` is that owner.

    The mounts are there while a container begins, which makes its own of them.
    """
    with contextlib.ExitStack() as mounts:
        yield [_replaced(bind, owners, _numbers(user), folder, mounts) for bind in binds or []] or None


def _numbers(user):
    uid, _, gid = user.partition(":")
    return int(uid), int(gid or uid)


def _replaced(bind, owners, user, folder, mounts):
    source, inside, mode = bind.rsplit(":", 2)
    owner = owners.get(source)
    if owner is None or owner == user:
        return bind
    return f"{mounts.enter_context(_mounted(source, owner, user, folder))}:{inside}:{mode}"


@contextlib.contextmanager
def _mounted(source, owner, user, folder):
    target = tempfile.mkdtemp(dir=folder)
    try:
        with _users(owner, user) as users:
            tree = _call(_OPEN_TREE, _AT_FDCWD, source.encode(), _CLONE | _CLOEXEC)
            try:
                wanted = _Attributes(set=_IDMAP, userns=users)
                _call(_MOUNT_SETATTR, tree, b"", _AT_EMPTY_PATH, ctypes.byref(wanted), ctypes.sizeof(wanted))
                _call(_MOVE_MOUNT, tree, b"", _AT_FDCWD, target.encode(), _FROM_EMPTY_PATH)
            finally:
                os.close(tree)
        try:
            yield target
        finally:
            _libc.umount2(target.encode(), _DETACH)
    finally:
        os.rmdir(target)


@contextlib.contextmanager
def _users(owner, user):
    """A namespace in which the owner on the disk is the user of the container."""
    holder = subprocess.Popen(["unshare", "--user", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        holder.stdout.readline()
        for file, on_disk, seen in zip(("uid_map", "gid_map"), owner, user):
            with open(f"/proc/{holder.pid}/{file}", "w") as map_:
                map_.write(f"{on_disk} {seen} 1\n")
        descriptor = os.open(f"/proc/{holder.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
    finally:
        holder.stdin.close()
        holder.stdout.close()
        holder.wait()


def _call(number, *arguments):
    answer = _libc.syscall(number, *arguments)
    if answer < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"mounting a volume as its access point's user: {os.strerror(error)}")
    return answer
