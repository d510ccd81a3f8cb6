"""EFS: a task's volume is a folder on this machine, `<state>/efs/<file system>/<the access point's root>`.

Real EFS (user guide, "Working with access points"): the root directory is made at the first mount if `CreationInfo` is
given, with its owner and mode; without it and without the directory the mount fails; the access point's identity
takes the place of the container's user in the volume (for containers: backends/volumes.py). Owner and identity need root;
without it everything is the tests' own user's.
"""
import os
from pathlib import Path

from patches import after_import

_REFUSED = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "


@after_import("services.ecs")
def volumes(ecs):
    plain = ecs._docker_binds_from_taskdef

    def binds(definition, container):
        return plain(definition, container) + [
            f"{_folder(volume)}:{mount['containerPath']}:{'ro' if mount.get('readOnly') else 'rw'}"
            for mount in container.get("mountPoints", [])
            for volume in definition.get("volumes", [])
            if volume.get("efsVolumeConfiguration") and volume.get("name") == mount.get("sourceVolume")
        ]

    ecs._docker_binds_from_taskdef = binds


@after_import("services.ecs")
def identity(ecs):
    plain = ecs._build_run_kwargs

    def settings(container, definition, *arguments, **named):
        settings = plain(container, definition, *arguments, **named)
        settings["owners"] = {
            str(_folder(volume)): (point["PosixUser"]["Uid"], point["PosixUser"]["Gid"])
            for volume in definition.get("volumes", []) if volume.get("efsVolumeConfiguration")
            for point in [_access_point(volume["efsVolumeConfiguration"])] if point and point.get("PosixUser")
        }
        return settings

    ecs._build_run_kwargs = settings


def file_system_folder(file_system):
    return Path(os.environ["REFRACTORY_STATE"], "efs", file_system)


def _folder(volume):
    from ministack.services import efs

    settings = volume["efsVolumeConfiguration"]
    file_system = settings["fileSystemId"]
    if file_system not in efs._file_systems:
        raise RuntimeError(f"{_REFUSED}b'Failed to resolve \"{file_system}.efs\"': the file system does not exist")
    root = file_system_folder(file_system)
    root.mkdir(parents=True, exist_ok=True)
    point = _access_point(settings)
    if point is None:
        return _below(root, settings.get("rootDirectory") or "/", None)
    if point["FileSystemId"] != file_system:
        raise RuntimeError(f"{_REFUSED}access point {point['AccessPointId']} is of another file system")
    place = point.get("RootDirectory") or {}
    return _below(root, place.get("Path") or "/", place.get("CreationInfo"))


def _access_point(settings):
    from ministack.services import efs

    name = (settings.get("authorizationConfig") or {}).get("accessPointId")
    if not name:
        return None
    point = efs._access_points.get(name)
    if point is None:
        raise RuntimeError(f"{_REFUSED}access point {name} does not exist")
    return point


def _below(root, path, creation):
    folder = root / path.strip("/")
    if folder.is_dir():
        return folder
    if creation is None:
        raise RuntimeError(f"{_REFUSED}mount.nfs4: mounting {path} failed, reason given by server: No such file or "
                           "directory")
    folder.mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(folder, creation["OwnerUid"], creation["OwnerGid"])
        folder.chmod(int(creation["Permissions"], 8))
    return folder
