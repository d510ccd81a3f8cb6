# What this errand may write and read is told in $ORDERS: signed addresses, good for this one purpose. They come through the
# environment from a secret, and go to curl through its standard input, so that they stand in no list of processes.
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
declare -A puts=() gets=() sums=() sizes=()
order=()
attempt='' piece_size=0 base='' put_query='' get_query='' report=''
while read -r word a b c d; do
  case "$word" in
    attempt) attempt=$a ;;
    size) piece_size=$a ;;
    base) base=$a ;;
    put) put_query=$a ;;
    get) get_query=$a ;;
    report) report=$a ;;
    piece) order+=("$a"); puts[$a]=$b; gets[$a]=$c ;;
    sum) sizes[$a]=$b; sums[$a]=$c ;;
  esac
done <<< "$ORDERS"
unset ORDERS
[ "$attempt" = "${2:-}" ] || { echo "these orders are for another errand" >&2; exit 65; }

ask() { # ask ARGUMENTS... with the address on standard input
  curl --silent --show-error --fail --retry 6 --retry-all-errors --connect-timeout 10 --speed-limit 1000 --speed-time 20 --config - "$@"
}
send() { # send NAME SIGNATURE FILE
  printf 'url = "%s%s?%s&X-Amz-Signature=%s"\n' "$base" "$1" "$put_query" "$2" | ask --output /dev/null --upload-file "$3"
}
fetch() { # fetch NAME SIGNATURE FILE
  printf 'url = "%s%s?%s&X-Amz-Signature=%s"\n' "$base" "$1" "$get_query" "$2" | ask --output "$3"
}
sum_of() { sha256sum < "$1" | cut -d ' ' -f 1; }
usage() { printf 'usage %s\n' "$(find . -xdev -type f -printf '%s\n' | awk '{ s += $1 } END { printf "%.0f", s }')"; }
