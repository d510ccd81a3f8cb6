"""Tasks as containers of an engine that the tests have started. Their addresses are reachable from this machine."""


def engine(url):
    """The client of the engine at `url`, for example `unix:///run/tests/docker.sock`."""
    import docker  # half a second that few servers need
    from docker.errors import ImageNotFound
    from docker.models.containers import ContainerCollection

    class Here(docker.DockerClient):
        """Runs what is there and pulls nothing: tests know no registry."""

        @property
        def containers(self):
            return Containers(client=self)

    class Containers(ContainerCollection):
        def run(self, image, command=None, **settings):
            try:
                self.client.images.get(image)
            except ImageNotFound:
                raise RuntimeError(
                    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
                    f"{image}: not found"
                ) from None
            return super().run(image, command, **settings)

    client = Here(base_url=url, timeout=60)
    client.ping()
    return client
