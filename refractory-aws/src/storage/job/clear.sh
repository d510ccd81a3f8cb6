# Removes everything in the volume. The folder itself is what is mounted, and stays.
find . -xdev -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +
[ -z "$(ls -A .)" ] || { echo "something is left" >&2; exit 73; }
