# Puts a copy in the place of what the volume holds. Each piece is checked before a byte of it is unpacked.
quiet
mkdir -p "$swap"
incoming=$(mktemp -d "$swap/incoming.XXXXXX")
for name in "${order[@]}"; do
  fetch "$name" "${gets[$name]}" "$work/piece"
  [ "${sums[$name]}" = "$(sum_of "$work/piece")" ] || { echo "piece $name is not what was stored" >&2; exit 76; }
  cat -- "$work/piece"
done | tar --extract --gzip --no-same-owner --directory="$incoming" --file=-
chmod 0750 "$incoming"
sync -f "$incoming"
quiet
mv -T -- "$incoming" "$swap/commit"
finish
