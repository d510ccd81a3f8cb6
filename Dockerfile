# Refractory in one container: portal, edge and worker with `up`, and every other command.
#
#   docker build --tag refractory .
#
# It is made for the processors of the machine that makes it; `docker buildx build --platform linux/arm64,linux/amd64 .` makes it
# for others. docs/aws.md says how it comes to AWS.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --release --package refractory-cli --features full

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner 1000 --group 1000 /var/lib/refractory
COPY --from=build /src/target/release/refractory /usr/local/bin/refractory
USER 1000:1000
WORKDIR /var/lib/refractory
EXPOSE 8080
# Tables of the backend `local` live in this container and end with it, so at this signal `up` closes every world first, within
# `[local] stop_grace` (8 s). `docker stop` kills after 10 s: for many or large worlds raise both, as with
# `docker run --stop-timeout 60 --env REFRACTORY__LOCAL__STOP_GRACE=55s`. Tables on AWS live on.
STOPSIGNAL SIGTERM
ENTRYPOINT ["refractory"]
CMD ["up"]
