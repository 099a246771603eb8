#!/bin/sh
# Checks this Lanekeeper evidence packet without any access to the system that wrote it.
#
#   sh RERUN.sh --key OWNER_SHA256 --lanekeeper PATH [PACKET_DIR]
#
# OWNER_SHA256  the SHA-256 of the owner key's DER SubjectPublicKeyInfo. Get it from the owner, not
#               from the packet.
# PATH          the lanekeeper launcher, which executes S2 to S4 again from the packet's bytes.
# PACKET_DIR    the packet; the folder of this script unless given. An auditor runs the release's
#               copy of this script on the packet, since the packet's own copy is part of what is
#               checked.
#
# Needs POSIX sh, coreutils, sed, find and OpenSSL 3. Prints PASS and exits 0 only when every check
# was made and holds. 10: files or manifests, 11: signatures, 12: the signed parts contradict each
# other or leave a part out, or re-execution differs, 13: a check could not be made.
set -u
unset CDPATH
# The launcher gets the locale back: it decodes names of files by it.
locale=${LC_ALL-}
LC_ALL=C
export LC_ALL
umask 077

key= lanekeeper= packet=
while [ $# -gt 0 ]; do
  case $1 in
    --key|--lanekeeper)
      [ $# -gt 1 ] || { echo "RERUN: expected a value after $1, found none"; exit 13; }
      [ "$1" = --key ] && key=$2 || lanekeeper=$2
      shift ;;
    -*) echo "RERUN: unknown option $1"; exit 13 ;;
    *) packet=$1 ;;
  esac
  shift
done
case $lanekeeper in
  ''|/*) ;;
  */*) lanekeeper=$(pwd)/$lanekeeper ;;
esac
[ -n "$packet" ] || packet=$(dirname "$0")
cd "$packet" 2>/dev/null || {
  echo "RERUN: expected a packet folder, found none at $packet"
  echo "INCOMPLETE"
  exit 13
}
work=$(mktemp -d) || exit 13
trap 'rm -rf "$work"' EXIT
trap 'exit 13' HUP INT TERM

stop() { # exit code, problem
  echo "RERUN: $2"
  case $1 in
    10) echo "FAIL INTEGRITY" ;;
    11) echo "FAIL SIGNATURE" ;;
    12) echo "FAIL REEXECUTION" ;;
    13) echo "INCOMPLETE" ;;
  esac
  exit "$1"
}
held() { echo "ok  $1"; }
hex() { sha256sum "$1" | cut -c1-64; }
for tool in sha256sum base64 sed find sort cmp cut tr wc tail; do
  command -v "$tool" >/dev/null 2>&1 || stop 13 "expected the program $tool, found none"
done

# 10: the closed list of files, and the manifests (RFC 8493)
data="data/attestations.intoto.jsonl data/delegation-and-authority-lock.json
data/execution-plan.json data/execution-probes.json data/forbidden-surface-proof.json
data/grant.dsse.json data/lane.json data/post-execution-review.json data/preflight.json
data/production-readiness-blocker-map.json data/publication.json data/rollback-gate.json
data/rollback-proof.json data/scope-lock.json data/seal-vs-bytes.json"
tags="RERUN.sh bag-info.txt bagit.txt manifest-sha256.txt"
for name in $data $tags tagmanifest-sha256.txt; do
  [ -f "$name" ] && [ ! -L "$name" ] || stop 10 "$name: expected the file, found nothing"
done
[ -z "$(find . ! -type f ! -type d)" ] || stop 10 "expected files and folders only, found another kind"
[ -z "$(find . -name '*[!A-Za-z0-9._-]*')" ] || stop 10 "expected plain file names, found others"
find . -type f | sed 's|^\./||' | sort >"$work/list"
printf '%s\n' $data $tags tagmanifest-sha256.txt >"$work/required"
while IFS= read -r name; do
  case $name in
    data/documents/*) ;;
    *) grep -Fqx "$name" "$work/required" || stop 10 "$name: expected no such file, found one" ;;
  esac
done <"$work/list"
held "closed list of $(wc -l <"$work/list" | tr -d ' ') files"
printf 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n' | cmp -s - bagit.txt ||
  stop 10 "bagit.txt: expected what RFC 8493 says, found other bytes"
while IFS= read -r name; do
  case $name in data/*) sha256sum "$name" ;; esac
done <"$work/list" >"$work/manifest"
cmp -s "$work/manifest" manifest-sha256.txt ||
  stop 10 "manifest-sha256.txt: expected what the files give, found other bytes"
sha256sum $tags >"$work/tagmanifest"
cmp -s "$work/tagmanifest" tagmanifest-sha256.txt ||
  stop 10 "tagmanifest-sha256.txt: expected what the files give, found other bytes"
held "manifests"
while IFS= read -r name; do sha256sum "$name"; done <"$work/list" >"$work/tree"
held "packet tree $(hex "$work/tree")"

# 11: signatures, from the owner's thumbprint down
[ -n "$key" ] || stop 13 "signatures: expected --key with the owner's thumbprint, found none"
command -v openssl >/dev/null 2>&1 || stop 13 "expected the program openssl, found none"
case $(openssl version) in
  "OpenSSL 3"*|"OpenSSL 4"*) ;;
  *) stop 13 "expected OpenSSL 3 or later, found $(openssl version)" ;;
esac
grep -q '"ownerPem": ' data/delegation-and-authority-lock.json ||
  stop 13 "the packet holds no owner key: no grant was verified"

read_key() { # role, expected thumbprint
  pem=$(sed -n "s/^ *\"$1Pem\": \"\(.*\)\",\{0,1\}\$/\1/p" data/delegation-and-authority-lock.json)
  printf '%b' "$pem" >"$work/$1.pem"
  openssl pkey -pubin -in "$work/$1.pem" -outform DER -out "$work/$1.der" 2>/dev/null ||
    stop 11 "the $1 key: expected a public key, found other text"
  found=$(hex "$work/$1.der")
  [ "$found" = "$2" ] || stop 11 "the $1 key: expected $2, found $found"
}
field() { # file with canonical JSON, name of a text field
  sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" "$1"
}
# file with a DSSE envelope, role, keyid, payload type -> $work/payload; 1 when that role did not sign
# it, or when it is not canonical JSON with that one signature and nothing else
open_envelope() {
  envelope=$(field "$1" payload)
  signature=$(field "$1" sig)
  type=$(field "$1" payloadType)
  [ "$type" = "$4" ] || return 1
  printf '{"payload":"%s","payloadType":"%s","signatures":[{"keyid":"%s","sig":"%s"}]}' \
    "$envelope" "$type" "$3" "$signature" | cmp -s - "$1" || return 1
  printf '%s' "$envelope" | base64 -d >"$work/payload" 2>/dev/null || return 1
  printf '%s' "$signature" | base64 -d >"$work/sig" 2>/dev/null || return 1
  [ "$(base64 -w 0 <"$work/payload")" = "$envelope" ] || return 1
  [ "$(base64 -w 0 <"$work/sig")" = "$signature" ] || return 1
  # DSSE v1: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body
  printf 'DSSEv1 %d %s %d ' "${#type}" "$type" "$(wc -c <"$work/payload")" >"$work/pae"
  cat "$work/payload" >>"$work/pae"
  openssl pkeyutl -verify -pubin -inkey "$work/$2.pem" -rawin -in "$work/pae" -sigfile "$work/sig" \
    >/dev/null 2>&1
}

subjects() { # file with a statement -> its subjects as "sha256  name" lines
  sed 's/.*"subject":\[//' "$1" | tr '{' '\n' |
    sed -n 's/^"sha256":"\([0-9a-f]*\)"},"name":"\([^"]*\)"}.*/\1  \2/p'
}

read_key owner "$key"
open_envelope data/grant.dsse.json owner "$(field data/grant.dsse.json keyid)" \
  application/vnd.lanekeeper.grant+json ||
  stop 11 "the grant: expected the owner's signature, found another"
cp "$work/payload" "$work/grant"
held "the grant is signed by owner key $key"
plan=$(field "$work/grant" planDigest)
[ "$(hex data/lane.json)" = "$plan" ] ||
  stop 11 "data/lane.json: expected sha256 $plan, found $(hex data/lane.json)"
held "the plan is the granted one"
read_key executor "$(field "$work/grant" executorKey)"

[ "$(tail -c 1 data/attestations.intoto.jsonl | wc -l | tr -d ' ')" = 1 ] ||
  stop 11 "attestations: expected whole lines, found a torn one"
total=$(wc -l <data/attestations.intoto.jsonl | tr -d ' ')
number=0
while IFS= read -r line; do
  number=$((number + 1))
  printf '%s' "$line" >"$work/line"
  field "$work/line" payload | base64 -d >"$work/statement" 2>/dev/null
  stage=$(field "$work/statement" stage)
  signer=executor sealing=no
  case $stage in
    SEAL) sealing=yes ;;
    # A lane that nobody reviewed may name a reviewer whose key nobody had.
    S7) sealing=yes signer=reviewer
      read_key reviewer "$(field "$work/grant" reviewerKey)" ;;
  esac
  last=no
  [ "$number" = "$total" ] && last=yes
  [ "$sealing" = "$last" ] && open_envelope "$work/line" "$signer" "$(hex "$work/$signer.der")" \
    application/vnd.in-toto+json ||
    stop 11 "statement $number: expected a signed statement, found none"
  [ "$last" = yes ] && continue
  subjects "$work/payload" >"$work/subjects"
  while IFS= read -r subject; do
    case $subject in
      *'  data/'*) grep -Fqx "$subject" "$work/tree" ||
        stop 11 "statement $number: expected the signed ${subject#*  }, found another" ;;
    esac
  done <"$work/subjects"
done <data/attestations.intoto.jsonl
[ "$number" -gt 0 ] || stop 11 "attestations: expected statements, found none"
sed '$d' data/attestations.intoto.jsonl >"$work/before"
[ "$(field "$work/payload" statements)" = "$(hex "$work/before")" ] ||
  stop 11 "statements: expected the sealed ones, found others"
subjects "$work/payload" >"$work/sealed"
grep -v -e '  data/attestations.intoto.jsonl$' -e '  bag-info.txt$' -e '  manifest-sha256.txt$' \
  -e '  tagmanifest-sha256.txt$' "$work/tree" | sort -k 2 >"$work/found"
sort -k 2 "$work/sealed" | cmp -s - "$work/found" ||
  stop 11 "files: expected the sealed ones, found others"
octets=0 count=0
while IFS= read -r name; do
  case $name in
    data/*) octets=$((octets + $(wc -c <"$name"))) count=$((count + 1)) ;;
  esac
done <"$work/list"
printf 'Bag-Software-Agent: %s\nBagging-Date: %s\nExternal-Identifier: %s\nPayload-Oxum: %s.%s\n' \
  "$(field "$work/payload" bagSoftwareAgent)" "$(field "$work/payload" baggingDate)" \
  "$(field "$work/payload" externalIdentifier)" "$octets" "$count" | cmp -s - bag-info.txt ||
  stop 11 "bag-info.txt: expected the sealed values, found others"
held "$total statements signed with the keys that the grant names"
end=$(field "$work/payload" end)

# 12: one whole story, and S2 to S4 again, from the packet's bytes
[ -n "$lanekeeper" ] || stop 13 "re-execution: expected --lanekeeper with the launcher, found none"
command -v "$lanekeeper" >/dev/null 2>&1 ||
  stop 13 "re-execution: expected a program at $lanekeeper, found none"
if [ -n "$locale" ]; then LC_ALL=$locale; else unset LC_ALL; fi
"$lanekeeper" re-execute .
case $? in
  0) ;;
  12) stop 12 "the packet contradicts itself, or S2 to S4 give another result" ;;
  *) stop 13 "re-execution: expected an answer, found none" ;;
esac
echo "PASS packet of a lane that ended $end"
