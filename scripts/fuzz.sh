#!/usr/bin/env bash
# Runs every fuzz test of the module for the given time (20s when not given),
# one after the other; each package is built once. With a second argument only
# those whose package and name fit it, as in: scripts/fuzz.sh 1m webhook
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-20s}
only=${2:-.}

built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
found=0
for folder in $(git ls-files -co --exclude-standard '*_test.go' | xargs grep -l '^func Fuzz' | xargs -n1 dirname | sort -u); do
	package=$(go list "./$folder")
	names=$(grep -ho '^func Fuzz[A-Za-z0-9]*' "$folder"/*_test.go | sed 's/^func //' | sort | grep -E "$only" || true)
	if [[ $package =~ $only ]]; then
		names=$(grep -ho '^func Fuzz[A-Za-z0-9]*' "$folder"/*_test.go | sed 's/^func //' | sort)
	fi
	[ -n "$names" ] || continue
	go test -c -fuzz=Fuzz -o "$built/fuzz" "$package"
	for name in $names; do
		echo "$package $name"
		(cd "$folder" && "$built/fuzz" -test.run '^$' -test.fuzz "^$name\$" -test.fuzztime "$time" -test.fuzzcachedir "$(go env GOCACHE)/fuzz/$package")
		found=$((found + 1))
	done
done
[ "$found" -gt 0 ] || { echo "no fuzz test fits $only" >&2; exit 1; }
echo "$found fuzz tests ran for $time each."
