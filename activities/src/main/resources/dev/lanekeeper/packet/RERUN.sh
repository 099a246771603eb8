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
# The packet may be changed by somebody while it is checked. So it is copied first into a folder that
# only this user can enter, without following links, and every check reads that copy, re-execution
# too. The answer is about the bytes that were copied; the packet tree that is printed names them.
#
# Needs POSIX sh, coreutils, sed, awk, grep, find, xargs, cmp and OpenSSL 3. Prints PASS and exits 0 only when
# every check was made and holds. 10: files or manifests, 11: signatures, 12: the signed parts
# contradict each other or leave a part out, or re-execution differs, 13: a check could not be made.
set -u
unset CDPATH
# In braces, so that the shell has read the whole script before it starts.
{
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
work=$(mktemp -d) && work=$(cd "$work" && pwd -P) || exit 13
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
trap 'exit 13' HUP INT TERM

stop() { # exit code, problem
  # What could not be written for want of room says nothing about the packet.
  [ "$1" = 13 ] || { head -c 65536 /dev/zero >"$work/room"; } 2>/dev/null ||
    set -- 13 "expected room in $work, found none"
  printf 'RERUN: %s\n' "$2"
  case $1 in
    10) echo "FAIL INTEGRITY" ;;
    11) echo "FAIL SIGNATURE" ;;
    12) echo "FAIL REEXECUTION" ;;
    13) echo "INCOMPLETE" ;;
  esac
  exit "$1"
}
held() { echo "ok  $1"; }
# The file is read by the shell: sha256sum prints another form for some names.
hex() { sha256sum <"$1" | cut -c1-64; }
for tool in sha256sum base64 sed awk find xargs grep sort cmp cut tr wc tail head od paste cp chmod; do
  command -v "$tool" >/dev/null 2>&1 || stop 13 "expected the program $tool, found none"
done

# 10: the closed list of files, and the manifests (RFC 8493)
data="data/attestations.intoto.jsonl data/delegation-and-authority-lock.json
data/execution-plan.json data/execution-probes.json data/forbidden-surface-proof.json
data/grant.dsse.json data/lane.json data/post-execution-review.json data/preflight.json
data/production-readiness-blocker-map.json data/publication.json data/rollback-gate.json
data/rollback-proof.json data/scope-lock.json data/seal-vs-bytes.json"
tags="RERUN.sh bag-info.txt bagit.txt manifest-sha256.txt"
only_files() {
  find . >/dev/null 2>&1 || stop 13 "expected folders that can be read, found one that cannot"
  [ "$(find . ! -type d | tr -dc '\n' | wc -c)" -le 10000 ] ||
    stop 13 "expected at most 10000 files, found more"
  [ -z "$(find . ! -type f ! -type d)" ] ||
    stop 10 "expected files and folders only, found another kind"
}
# Before, so that nothing but files is copied; and after, since what counts is the copy.
only_files
[ -z "$(find . -type f -size +524288)" ] &&
  [ "$(find . -type f -exec cat {} + 2>/dev/null | wc -c)" -le 268435456 ] ||
  stop 13 "expected at most 268435456 bytes in all, found more"
mkdir "$work/packet" && cp -R -P . "$work/packet" 2>/dev/null && chmod -R u+rwX "$work/packet" &&
  cd "$work/packet" || stop 13 "expected a packet that can be copied, found one that cannot"
only_files
for name in $data $tags tagmanifest-sha256.txt; do
  [ -f "$name" ] || stop 10 "$name: expected the file, found nothing"
done
# By the names of files: a folder without one is no part of a bag.
[ -z "$(find . -type f -path '*[!A-Za-z0-9._/-]*')" ] ||
  stop 10 "expected plain file names, found others"
find . -type f | sed 's|^\./||' | sort >"$work/list"
printf '%s\n' $data $tags tagmanifest-sha256.txt >"$work/required"
unknown=$(grep -v -e '^data/documents/' -e '^data/before/' "$work/list" |
  grep -Fvx -f "$work/required" | head -n 1)
[ -z "$unknown" ] || stop 10 "$unknown: expected no such file, found one"
held "closed list of $(wc -l <"$work/list" | tr -d ' ') files"
declaration() { printf "BagIt-Version: 1.0$1\nTag-File-Character-Encoding: UTF-8$1\n"; }
declaration '\r' | cmp -s - bagit.txt &&
  stop 10 "bagit.txt: expected line ends LF, found CR LF, which Git's autocrlf makes"
declaration '' | cmp -s - bagit.txt ||
  stop 10 "bagit.txt: expected what RFC 8493 says, found other bytes"
# Plain names, which no program takes for anything else.
grep '^data/' "$work/list" | xargs sha256sum >"$work/manifest"
cmp -s "$work/manifest" manifest-sha256.txt ||
  stop 10 "manifest-sha256.txt: expected what the files give, found other bytes"
sha256sum $tags >"$work/tagmanifest"
cmp -s "$work/tagmanifest" tagmanifest-sha256.txt ||
  stop 10 "tagmanifest-sha256.txt: expected what the files give, found other bytes"
held "manifests"
xargs sha256sum <"$work/list" >"$work/tree"
[ "$(wc -l <"$work/tree")" -eq "$(wc -l <"$work/list")" ] ||
  stop 13 "expected files that can be read, found one that cannot"
held "packet tree $(hex "$work/tree")"

# 11: signatures, from the owner's thumbprint down
[ -n "$key" ] || stop 13 "signatures: expected --key with the owner's thumbprint, found none"
case $key in
  *[!0-9a-f]*) key_is=other ;;
  *) key_is=${#key} ;;
esac
[ "$key_is" = 64 ] ||
  stop 13 "--key: expected 64 lower-case hexadecimal digits (SHA-256), found another text"
command -v openssl >/dev/null 2>&1 || stop 13 "expected the program openssl, found none"
case $(openssl version) in
  "OpenSSL 3"*|"OpenSSL 4"*) ;;
  *) stop 13 "expected OpenSSL 3 or later, found $(openssl version)" ;;
esac
for name in attestations.intoto.jsonl delegation-and-authority-lock.json grant.dsse.json; do
  [ "$(wc -c <"data/$name")" -le 16777216 ] ||
    stop 13 "data/$name: expected at most 16777216 bytes, found more"
done

# Reads JSON into one value a line, "path value", each value as it is written. The file must be an
# object in the one form in which it is made: $1 compact (RFC 8785) or pretty (two spaces). For that
# every token is written again, and the whole is compared with the file: so nothing is passed over,
# and no other reader finds other values. Names are letters, digits and _, sorted, and never twice.
json() { # form, file -> $work/values
  again=$work/again form=$1 awk '
    function fail() { bad = 1; exit 1 }
    function put(text) { printf "%s", text >ENVIRON["again"] }
    function line(  i) {
      if (!pretty) return
      put("\n")
      for (i = 1; i <= depth; i++) put("  ")
    }
    function found(text) { print where[depth] name[depth] " " text; values++ }
    function item() { # before a value or a name
      if (depth && !open[depth]) { if (items[depth]++) put(","); line() }
    }
    function value(text) {
      if (want != "value") fail()
      if (depth && kind[depth] == "[") { item(); name[depth] = items[depth] - 1 }
      put(text)
      want = depth ? "more" : "end"
    }
    function enter(bracket) {
      if (!depth && bracket != "{") fail()
      value(bracket)
      where[depth + 1] = depth ? where[depth] name[depth] "/" : ""
      if (++depth > 100) fail()
      kind[depth] = bracket
      items[depth] = 0
      last[depth] = ""
      want = bracket == "{" ? "name" : "value"
      fresh = 1
    }
    function leave(bracket,  empty) {
      if (!depth || kind[depth] != (bracket == "}" ? "{" : "[")) fail()
      empty = items[depth] == 0
      if (empty ? !fresh : want != "more") fail()
      depth--
      if (!empty) line()
      put(bracket)
      if (empty && depth) found(bracket == "}" ? "{}" : "[]")
      want = depth ? "more" : "end"
    }
    function string(text) {
      if (want == "name") {
        if (text !~ /^[A-Za-z0-9_]+$/ || length(text) > 100) fail()
        if (items[depth] && (text "") <= (last[depth] "")) fail()
        item()
        name[depth] = last[depth] = text
        put("\"" text "\":" (pretty ? " " : ""))
        want = "colon"
        return
      }
      if (text !~ strings) fail()
      value("\"" text "\"")
      found("\"" text "\"")
    }
    function plain(text) {
      if (text !~ /^(true|false|null|0|-?[1-9][0-9]*)$/ || length(text) > 18) fail()
      value(text)
      found(text)
    }
    function outside(text,  i, c, word) {
      word = ""
      for (i = 1; i <= length(text) + 1; i++) {
        c = substr(text, i, 1)
        if (c != "" && c !~ /[][{},: ]/) { word = word c; continue }
        if (word != "") { plain(word); fresh = 0; word = "" }
        if (c == "{" || c == "[") enter(c)
        else if (c == "}" || c == "]") { leave(c); fresh = 0 }
        else if (c == ",") {
          if (want != "more") fail()
          want = kind[depth] == "{" ? "name" : "value"
          fresh = 0
        } else if (c == ":") {
          if (want != "colon") fail()
          want = "value"
        }
      }
    }
    BEGIN {
      pretty = ENVIRON["form"] == "pretty"
      want = "value"
      # Characters that need no escape, UTF-8 (Unicode, table 3-7), and the escapes that are needed.
      strings = "^([ !#-[]|]|[\\^-~]|\177|[\302-\337][\200-\277]|\340[\240-\277][\200-\277]" \
        "|[\341-\354\356\357][\200-\277][\200-\277]|\355[\200-\237][\200-\277]" \
        "|\360[\220-\277][\200-\277][\200-\277]|[\361-\363][\200-\277][\200-\277][\200-\277]" \
        "|\364[\200-\217][\200-\277][\200-\277]|\\\\[\"\\\\bfnrt]" \
        "|\\\\u00(0[0-7" (pretty ? "BEF" : "bef") "]|1[0-9" (pretty ? "A-F" : "a-f") "]))*$"
    }
    {
      pieces = split($0, piece, "\"")
      outside(pieces ? piece[1] : "")
      for (i = 2; i <= pieces; i += 2) {
        text = piece[i]
        while (match(text, /\\+$/) && RLENGTH % 2 == 1 && i < pieces) text = text "\"" piece[++i]
        if (i == pieces) fail()
        string(text)
        fresh = 0
        outside(piece[i + 1])
      }
    }
    END {
      if (bad || want != "end") exit 1
      if (pretty) put("\n")
      print "values " values + 0
    }' "$2" >"$work/values" 2>/dev/null && cmp -s "$work/again" "$2" &&
    [ "$(tail -n 1 "$work/values")" = "values $(($(wc -l <"$work/values") - 1))" ]
}
text() { # path -> the text there, as it is written; empty where there is none
  sed -n "s|^$1 \"\\(.*\\)\"\$|\\1|p" "$work/values"
}
shown() { # a text that is shown as it is
  case $1 in ''|*[!\ -~]*|*\\*) return 1 ;; esac
}
printf '{"a":["\303\251\\n",{}],"b":-1}' >"$work/good"
printf '{"a":"\303"}' >"$work/bad"
json compact "$work/good" && [ "$(wc -l <"$work/values")" -eq 4 ] && ! json compact "$work/bad" ||
  stop 13 "expected an awk that reads JSON byte by byte, found another"

lock=data/delegation-and-authority-lock.json
json pretty "$lock" || stop 11 "$lock: expected JSON in the form in which it is made, found another"
cp "$work/values" "$work/lock"
grep -q '^volatile/ownerPem[ /]' "$work/lock" ||
  stop 13 "the packet holds no owner key: no grant was verified"

read_key() { # role, expected thumbprint -> $work/ROLE.der
  pem=$(sed -n "s|^volatile/$1Pem \"\\(.*\\)\"\$|\\1|p" "$work/lock")
  body=${pem#-----BEGIN PUBLIC KEY-----\\n}
  body=${body%\\n-----END PUBLIC KEY-----\\n}
  [ "$pem" = "-----BEGIN PUBLIC KEY-----\\n$body\\n-----END PUBLIC KEY-----\\n" ] &&
    printf '%s' "$body" | base64 -d >"$work/$1.der" 2>/dev/null &&
    [ "$(base64 -w 0 <"$work/$1.der")" = "$body" ] ||
    stop 11 "the $1 key: expected a public key, found other text"
  # RFC 8410, and the points of small order, under which a signature proves nothing.
  case $(od -An -v -tx1 "$work/$1.der" | tr -d ' \n') in
    302a300506032b6570032100????????????????????????????????????????????????????????????????) ;;
    *) stop 11 "the $1 key: expected an Ed25519 key, found another" ;;
  esac
  zero=0000000000000000000000000000000000000000000000000000000000
  full=ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
  case $(tail -c 32 "$work/$1.der" | od -An -v -tx1 | tr -d ' \n') in
    0[01]"$zero"00[08]0|e[cde]"$full"ff[7f]f|\
    26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc[08]5|\
    c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03[7f]a)
      stop 11 "the $1 key: expected a key of full order, found one of small order" ;;
  esac
  found=$(hex "$work/$1.der")
  [ "$found" = "$2" ] || stop 11 "the $1 key: expected $2, found $found"
}
field() { # file with an envelope, name of a text field
  sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" "$1"
}
# file with a DSSE envelope -> $work/payload; 1 unless it is canonical JSON with one signature and
# nothing else: it is made again from its four values, and compared.
read_envelope() {
  envelope=$(field "$1" payload)
  signature=$(field "$1" sig)
  type=$(field "$1" payloadType)
  keyid=$(field "$1" keyid)
  case $keyid in *[!\ -~]*|*\\*) return 1 ;; esac
  [ ${#keyid} -le 200 ] || return 1
  printf '{"payload":"%s","payloadType":"%s","signatures":[{"keyid":"%s","sig":"%s"}]}' \
    "$envelope" "$type" "$keyid" "$signature" | cmp -s - "$1" || return 1
  printf '%s' "$envelope" | base64 -d >"$work/payload" 2>/dev/null || return 1
  printf '%s' "$signature" | base64 -d >"$work/sig" 2>/dev/null || return 1
  [ "$(base64 -w 0 <"$work/payload")" = "$envelope" ] || return 1
  [ "$(base64 -w 0 <"$work/sig")" = "$signature" ]
}
signed_by() { # role, payload type
  [ "$type" = "$2" ] || return 1
  # DSSE v1: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body
  printf 'DSSEv1 %d %s %d ' "${#type}" "$type" "$(wc -c <"$work/payload")" >"$work/pae"
  cat "$work/payload" >>"$work/pae"
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/$1.der" -rawin -in "$work/pae" \
    -sigfile "$work/sig" >/dev/null 2>&1
}

# The statement's subjects as "sha256  name" lines; 1 unless each is a name and a SHA-256, and all of
# them were read.
subjects() {
  grep '^subject[ /]' "$work/values" >"$work/lines"
  : >"$work/subjects"
  [ "$(cat "$work/lines")" != 'subject []' ] || return 0
  sed -n 's|^subject/[0-9]*/digest/sha256 "\([0-9a-f]\{64\}\)"$|\1|p' "$work/lines" >"$work/digests"
  sed -n 's|^subject/[0-9]*/name "\(.*\)"$|\1|p' "$work/lines" >"$work/names"
  count=$(($(wc -l <"$work/names")))
  [ "$count" -gt 0 ] && [ "$(wc -l <"$work/digests")" -eq "$count" ] &&
    [ "$(wc -l <"$work/lines")" -eq $((2 * count)) ] || return 1
  case $(tail -n 1 "$work/lines") in "subject/$((count - 1))/name "*) ;; *) return 1 ;; esac
  paste -d ' ' "$work/digests" /dev/null "$work/names" >"$work/subjects"
  [ "$(wc -l <"$work/subjects")" -eq "$count" ]
}

read_key owner "$key"
read_envelope data/grant.dsse.json && signed_by owner application/vnd.lanekeeper.grant+json &&
  json compact "$work/payload" ||
  stop 11 "the grant: expected the owner's signature, found another"
plan=$(text planDigest) executor=$(text executorKey) reviewer=$(text reviewerKey)
held "the grant is signed by owner key $key"
[ "$(hex data/lane.json)" = "$plan" ] ||
  stop 11 "data/lane.json: expected sha256 $plan, found $(hex data/lane.json)"
held "the plan is the granted one"
read_key executor "$executor"

statements=data/attestations.intoto.jsonl
[ "$(tr -d '\012\040-\176' <"$statements" | wc -c)" -eq 0 ] ||
  stop 11 "attestations: expected a signed statement in plain ASCII on each line, found other bytes"
[ "$(tail -c 1 "$statements" | wc -l)" -eq 1 ] ||
  stop 11 "attestations: expected whole lines, found a torn one"
total=$(($(wc -l <"$statements")))
number=0
while IFS= read -r line; do
  number=$((number + 1))
  printf '%s' "$line" >"$work/line"
  unsigned="statement $number: expected a signed statement, found none"
  read_envelope "$work/line" && json compact "$work/payload" || stop 11 "$unsigned"
  signer=executor
  # A lane that nobody reviewed may name a reviewer whose key nobody had.
  [ "$(text predicate/stage)" != S7 ] || { signer=reviewer; read_key reviewer "$reviewer"; }
  [ "$keyid" = "$(hex "$work/$signer.der")" ] &&
    signed_by "$signer" application/vnd.in-toto+json || stop 11 "$unsigned"
  case $(text predicate/stage) in
    SEAL) seals=last ;;
    # The reviewer seals what was applied; what was reviewed and not applied, the executor seals.
    S7) seals=either ;;
    *) seals=no ;;
  esac
  [ "$number" = "$total" ] && at=last || at=before
  case $at-$seals in last-no|before-last) stop 11 "$unsigned" ;; esac
  [ "$(text _type)" = https://in-toto.io/Statement/v1 ] &&
    [ "$(text predicateType)" = https://lanekeeper.dev/stage/v1 ] && subjects ||
    stop 11 "statement $number: expected an in-toto statement of a stage, found another"
  [ $at = last ] && continue
  while IFS= read -r subject; do
    case ${subject#*  } in
      data/*) grep -Fqx -e "$subject" "$work/tree" ||
        stop 11 "statement $number: expected the signed ${subject#*  }, found another" ;;
    esac
  done <"$work/subjects"
done <"$statements"
[ "$number" -gt 0 ] && [ "$number" = "$total" ] ||
  stop 11 "attestations: expected statements, found none"
sed '$d' "$statements" >"$work/before"
[ "$(text predicate/statements)" = "$(hex "$work/before")" ] ||
  stop 11 "statements: expected the sealed ones, found others"
grep -v -e '  data/attestations.intoto.jsonl$' -e '  bag-info.txt$' -e '  manifest-sha256.txt$' \
  -e '  tagmanifest-sha256.txt$' "$work/tree" | sort >"$work/found"
sort "$work/subjects" | cmp -s - "$work/found" ||
  stop 11 "files: expected the sealed ones, found others"
octets=$(($(grep '^data/' "$work/list" | xargs cat | wc -c)))
count=$(($(grep -c '^data/' "$work/list")))
agent=$(text predicate/bagSoftwareAgent) date=$(text predicate/baggingDate)
identifier=$(text predicate/externalIdentifier) end=$(text predicate/end)
shown "$agent" && shown "$date" && shown "$identifier" && shown "$end" &&
  printf 'Bag-Software-Agent: %s\nBagging-Date: %s\nExternal-Identifier: %s\nPayload-Oxum: %s.%s\n' \
    "$agent" "$date" "$identifier" "$octets" "$count" | cmp -s - bag-info.txt ||
  stop 11 "bag-info.txt: expected the sealed values, found others"
held "$total statements signed with the keys that the grant names"

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
exit 0
}
