#!/usr/bin/env bash
# Runs every fuzz test of the module for the given time (20s when not given), as
# many at once as there are processors, each on one of them; each package is built
# once. With a second argument only those whose package and name fit it, as in:
# scripts/fuzz.sh 1m webhook
set -euo pipefail
cd "$(dirname "$0")/.."
export FUZZ_TIME=${1:-20s}
only=${2:-.}

FUZZ_BUILT=$(mktemp -d)
FUZZ_CACHE=$(go env GOCACHE)/fuzz
export FUZZ_BUILT FUZZ_CACHE
trap 'rm -rf "$FUZZ_BUILT"' EXIT

# run looks for inputs that break one test: FOLDER PACKAGE NAME. What it printed
# is shown whole once it is done, since others run beside it. Making interesting
# inputs smaller may take a second each, else nothing is left of a short time.
run() {
	local folder=$1 package=$2 name=$3 said="$FUZZ_BUILT/said.$BASHPID" failed=0
	(cd "$folder" && "$FUZZ_BUILT/${package//\//.}" -test.run '^$' -test.fuzz "^$name\$" -test.fuzztime "$FUZZ_TIME" \
		-test.parallel 1 -test.fuzzminimizetime 1s -test.fuzzcachedir "$FUZZ_CACHE/$package") >"$said" 2>&1 || failed=1
	# A worker that is still at work when the time is over fails its test with these
	# words alone (go.dev/issue/75804, mended in Go 1.27); a broken input always names
	# the file it was written to.
	if [ "$failed" = 1 ] && ! grep -q 'Failing input written' "$said" && grep -qx ' *context deadline exceeded' "$said"; then
		failed=0
	fi
	if [ "$failed" = 1 ]; then
		echo "$package $name failed"
		cat "$said"
		return 1
	fi
	echo "$package $name: $(grep -o 'execs: [0-9]*' "$said" | tail -n 1)"
}
export -f run

for folder in $(git ls-files -co --exclude-standard '*_test.go' | xargs grep -l '^func Fuzz' | xargs -n1 dirname | sort -u); do
	package=$(go list "./$folder")
	for name in $(grep -ho '^func Fuzz[A-Za-z0-9]*' "$folder"/*_test.go | sed 's/^func //' | sort); do
		[[ "$package $name" =~ $only ]] || continue
		built="$FUZZ_BUILT/${package//\//.}"
		[ -e "$built" ] || go test -c -fuzz=Fuzz -o "$built" "$package"
		echo "$folder $package $name" >>"$FUZZ_BUILT/list"
	done
done
[ -s "$FUZZ_BUILT/list" ] || { echo "no fuzz test fits $only" >&2; exit 1; }
xargs -P "$(nproc)" -L 1 bash -c 'run "$@"' run <"$FUZZ_BUILT/list"
echo "$(wc -l <"$FUZZ_BUILT/list") fuzz tests ran for $FUZZ_TIME each."
