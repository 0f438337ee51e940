#!/usr/bin/env bash
# Runs every fuzz test of the module for the given time (20s when not given),
# one after the other: the go command fuzzes one at a time only.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-20s}

found=0
for package in $(go list ./...); do
	listed=$(go test -list '^Fuzz' "$package")
	for name in $(grep '^Fuzz' <<<"$listed" || true); do
		echo "$package $name"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$package"
		found=$((found + 1))
	done
done
echo "$found fuzz tests ran for $time each."
