# Copies the volume: packed, cut into pieces, each written and read back. The report comes last: without it there is no copy.
quiet
usage > "$work/report"
pack() { tar --create --one-file-system --exclude="./$swap" --file=- . | gzip -1; }
pack | {
  count=0
  while head -c "$piece_size" > "$work/piece" && [ -s "$work/piece" ]; do
    name=$(printf '%05d' "$count")
    [ -n "${puts[$name]:-}" ] || { echo "the volume is larger than a copy may be" >&2; exit 74; }
    sum=$(sum_of "$work/piece")
    send "$name" "${puts[$name]}" "$work/piece"
    printf 'piece %s %s %s\n' "$name" "$(stat -c %s "$work/piece")" "$sum" >> "$work/report"
    fetch "$name" "${gets[$name]}" "$work/piece"
    [ "$sum" = "$(sum_of "$work/piece")" ] || { echo "piece $name was not stored as it was sent" >&2; exit 76; }
    count=$((count + 1))
  done
}
quiet
send report "$report" "$work/report"
