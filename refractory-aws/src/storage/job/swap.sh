# How a volume's contents are replaced, all or nothing. The copy is unpacked beside the data, into a folder of this errand's
# own; one rename of that folder to `commit` decides. From then on whoever comes next finishes it: first what was there moves
# away, then - marked by the rename of `commit` to `placing` - what was unpacked moves in.
swap=.refractory-swap
finish() {
  local entry
  if [ -d "$swap/commit" ]; then
    mkdir -p "$swap/old"
    for entry in *; do
      [ "$entry" = "$swap" ] || mv -T -- "$entry" "$swap/old/$entry"
    done
    mv -T -- "$swap/commit" "$swap/placing"
  fi
  if [ -d "$swap/placing" ]; then
    for entry in "$swap/placing"/*; do
      mv -T -- "$entry" "${entry##*/}"
    done
    rmdir -- "$swap/placing"
  fi
  rm -rf -- "$swap"
}
quiet() { # ends the errand where a program has said within the last minute that it is at work here
  local lock=Config/options.json.lock
  if [ -e "$lock" ] && [ -n "$(find "$lock" -maxdepth 0 -newermt '-60 seconds')" ]; then
    echo "a program is at work on this volume" >&2
    exit 75
  fi
}
finish
