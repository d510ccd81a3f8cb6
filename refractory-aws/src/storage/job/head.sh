# Every errand begins with this. $1 is where the volume is mounted: it is this task's whole world.
set -euo pipefail
shopt -s nullglob dotglob
umask 027
[ -n "${1:-}" ] && [ -d "$1" ] || { echo "there is no volume at '${1:-}'" >&2; exit 64; }
cd -- "$1"
