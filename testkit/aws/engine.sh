#!/usr/bin/env bash
# A Docker engine of the tests' own, in the folder $1: its own containerd, socket, images, bridge and cgroup; needs root.
# Nothing of another engine on this machine is used or touched.
#
# It lives as long as anybody holds `lock` in the folder (flock, shared), and $2 seconds longer, so that tests that follow one
# another share one; this process holds `guard` meanwhile. At the end everything goes. However the last one ended - killed,
# too - the same lines clear it away before a start and at the end, so they are always known to work.
set -euo pipefail
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
folder=$1
linger=$2
sum=$(printf '%s' "$folder" | sha256sum)
name=rfx-${sum:0:8}
# 198.18.0.0/15 is set apart for tests of networks (RFC 2544): no network that somebody uses is hidden by it.
number=$((0x${sum:8:3} % 512))
gateway=198.$((18 + number / 256)).$((number % 256)).1

engines() { # the processes of engines in this folder
  local line
  for line in /proc/[0-9]*/cmdline; do
    case "$(tr '\0' ' ' 2>/dev/null < "$line" || true)" in
      *dockerd\ *"$folder/"* | *containerd*\ *"$folder/"*) line=${line%/cmdline}; echo "${line#/proc/}" ;;
    esac
  done
}
contained() { # the processes in its containers
  find /sys/fs/cgroup -path "*/$name/*" -name cgroup.procs -exec cat {} + 2>/dev/null || true
}
mounts() { awk -v below="$folder/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | sort -r; }
finish() { # ends every process that "$@" names; they are nobody's children, so that there is nothing to wait for
  local pid pids
  while pids=$("$@") && [ -n "$pids" ]; do
    for pid in $pids; do
      kill -s KILL "$pid" 2>/dev/null || true
    done
    sleep 0.02
  done
}
clear_away() {
  finish engines
  finish contained
  local mount
  mounts | while read -r mount; do umount --lazy -- "$mount"; done
  find /sys/fs/cgroup -depth -path "*/$name*" -type d -exec rmdir {} + 2>/dev/null || true
  ip link delete "$name" 2>/dev/null || true
  find "$folder" -mindepth 1 -maxdepth 1 ! -name lock ! -name starting ! -name guard ! -name log -exec rm -rf -- {} +
}
begin() {
  ip link add "$name" type bridge
  ip address add "$gateway/24" dev "$name"
  # Where the credentials of a task's role are to be had, on ECS as here.
  ip address add 169.254.170.2/32 dev "$name"
  ip link set "$name" up
  mkdir "$folder/mounts"
  echo '{}' > "$folder/engine.json"
  printf 'version = 2\nroot = "%s/containerd"\nstate = "%s/run/containerd"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "%s/containerd.sock"\n' \
    "$folder" "$folder" "$folder" > "$folder/containerd.toml"
  containerd --config "$folder/containerd.toml" --log-level error < /dev/null >&2 8>&- 9>&- &
  dockerd --config-file "$folder/engine.json" --host "unix://$folder/docker.sock" --containerd "$folder/containerd.sock" \
    --data-root "$folder/images" --exec-root "$folder/run/docker" --pidfile "$folder/docker.pid" --log-level error \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$name" --bridge "$name" --iptables=false --ip6tables=false \
    --ip-masq=false --ip-forward=false --userland-proxy=false < /dev/null >&2 8>&- 9>&- &
  echo "$gateway" > "$folder/gateway"
}

exec 8<> "$folder/guard" 9< "$folder/lock"
flock --exclusive 8
clear_away
begin
# Only this process holds `guard`: what waits in its place would hold it longer, were this one killed.
until
  flock --exclusive 9 8>&- # as soon as nobody is there
  flock --unlock 9 8>&-
  sleep "$linger" 8>&- 9>&-
  flock --exclusive --nonblock 9 8>&-
do :; done
clear_away
rm -rf -- "$folder"
