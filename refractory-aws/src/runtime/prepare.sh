# Runs before Foundry, as an errand of its own, so that the image's own entry point stays the first process and gets
# the signals meant for it.
set -eu
umask 022
# The credentials for uploads lie on the task's own disk, which ends with it: in no backup and on no volume.
if [ -n "${UPLOADS:-}" ]; then
  if [ -n "${UPLOADS_AT:-}" ]; then
    # Where the bucket is reached follows the name of the table: it is not kept with the key.
    printf '{"endpoint":"%s","forcePathStyle":true,%s' "$UPLOADS_AT" "${UPLOADS#?}" > /told/aws.json
  else
    printf '%s' "$UPLOADS" > /told/aws.json
  fi
fi
# The image never touches a license.json that is there, so one that holds another key has to go. One that holds this
# key stays with its signature. No program is given the key as an argument.
file=/data/Config/license.json
if [ -f "$file" ]; then
  case "$(cat "$file")" in
    *"\"${LICENSE:-no license}\""*) ;;
    *) rm -f "$file" ;;
  esac
fi
