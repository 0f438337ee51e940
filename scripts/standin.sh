#!/usr/bin/env bash
# Builds the MongoDB stand-in of the tests, once, into the user's cache folder
# and prints its class path:
#
#     java -cp "$(scripts/standin.sh)" Standin
#
# What was built is kept under the checksum of its sources, so a second call only
# prints, needs neither Maven nor a compiler, and takes milliseconds. With
# --is-built it only says by its exit code whether that is so.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
source=$here/services/mongostore/testdata/standin
cache=${XDG_CACHE_HOME:-$HOME/.cache}/datalek

sum=$(cat "$source/pom.xml" "$source/src/main/java/Standin.java" | cksum | cut -d' ' -f1)
built=$cache/standin-$sum

if [ "${1:-}" = --is-built ]; then
	[ -d "$built" ]
	exit
fi

if [ ! -d "$built" ]; then
	if ! command -v mvn >/dev/null || ! command -v javac >/dev/null; then
		echo "standin.sh: building the MongoDB stand-in needs Maven and a JDK of 17 or newer; 'make tools' installs them on Debian" >&2
		exit 1
	fi
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/standin.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	mvn --quiet --batch-mode --file "$source/pom.xml" -Dstandin.out="$work" compile >&2
	# By rename, so that nobody ever sees half a folder; of two calls that build
	# at once the second throws its own away.
	chmod 755 "$work"
	[ -d "$built" ] || mv "$work" "$built"
fi

echo "$built/classes:$built/lib/*"
