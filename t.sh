#!/bin/sh
mvn -B -ntp spotless:apply "$@" > /tmp/mvn.log 2>&1; grep -E "^\[WARNING\].*\[[A-Z]|^\[ERROR\]|Tests run|BUILD|^(expected|Expect|but was)| but was|Expecting" /tmp/mvn.log | grep -vE "Help 1|re-run Maven|^\[ERROR\] *$" | head -${N:-60}
