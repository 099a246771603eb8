#!/bin/sh
# Prints the table of reject codes from the source. Run it at the root of the repository:
#
#   sh docs/reject-codes.sh
#
# Needs POSIX sh, sed and awk.
set -eu
source=workflows/src/main/java/dev/lanekeeper/verdict/RejectCode.java
[ -f "$source" ] || {
  echo "expected $source, found none: run this at the root of the repository" >&2
  exit 1
}

# Only the constants: from the enum's head to the first semicolon at the end of a constant.
sed -n '/^public enum RejectCode/,/);$/p' "$source" | awk '
  /^  \/\/ / {
    group = substr($0, 6)
    printf "%s### %s\n\n| code | handling | remedy |\n|---|---|---|\n", (n++ ? "\n" : ""), group
    next
  }
  # A constant may be broken over lines: gather until its closing parenthesis.
  /^  [A-Z]/ { entry = "" }
  { entry = entry $0 }
  /\)[,;]$/ {
    match(entry, /[A-Z][A-Z0-9_]*\(/)
    code = substr(entry, RSTART, RLENGTH - 1)
    rest = substr(entry, RSTART + RLENGTH)
    handling = (rest ~ /^ *HOLDS_AT_FIRST/) ? "holds at first" : (rest ~ /^ *HOLDS/) ? "holds" : "rejects"
    sub(/^[^"]*"/, "", rest)
    sub(/"\)[,;]$/, "", rest)
    gsub(/"[ ]*\+[ ]*"/, "", rest)
    gsub(/\\"/, "\"", rest)
    gsub(/\|/, "\\|", rest)
    printf "| `%s` | %s | %s |\n", code, handling, rest
    entry = ""
  }
'
