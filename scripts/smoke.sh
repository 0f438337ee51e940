#!/usr/bin/env bash
# Starts the demo as the README says, in a fresh clone of the last commit, and
# uses it from outside: the pages answer, a signed report of a processor makes
# one incident however often it comes, a forged one none, and the program ends
# when it is asked to.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
group=
log=$work/demo.log

fail() {
	echo "smoke: $*" >&2
	echo "--- the last lines of the demo" >&2
	tail -n 40 "$log" >&2 || true
	exit 1
}

clean_up() {
	if [ -n "$group" ]; then kill -KILL -- "-$group" 2>/dev/null || true; fi
	chmod -R u+w "$work"
	rm -rf "$work"
}
trap clean_up EXIT

# free_port prints a loopback port that nobody answers on.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
}

# ready KEY prints one text of the ready file.
ready() {
	sed -n 's/.*"'"$1"'": *"\([^"]*\)".*/\1/p' "$work/ready.json" | head -n 1
}

# status URL CURL-OPTION... prints the status of the answer; its body is in $work/body.
status() {
	local url=$1
	shift
	curl --silent --show-error --max-time 20 --output "$work/body" --write-out '%{http_code}' "$@" "$url"
}

expect() {
	local want=$1 what=$2 got
	shift 2
	got=$(status "$@") || fail "$what: no answer"
	[ "$got" = "$want" ] || fail "$what: status $got, want $want: $(head -c 500 "$work/body")"
	echo "smoke: $what: $got"
}

# sign ID TIMESTAMP BODY-FILE prints the signature of Standard Webhooks v1.
sign() {
	local key
	key=$(ready webhook_secret | sed 's/^whsec_//' | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
	{ printf '%s.%s.' "$1" "$2"; cat "$3"; } |
		openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A
}

# report STATUS WHAT ID SIGNATURE sends the report as a processor does.
report() {
	expect "$1" "$2" "$(ready webhook_url)" --request POST \
		--header 'Content-Type: application/json' --header "webhook-id: $3" \
		--header "webhook-timestamp: $now" --header "webhook-signature: v1,$4" \
		--data-binary "@$work/report.json"
}

# incidents prints how many incidents carry the reference of our report.
incidents() {
	expect 200 "list of incidents" "$(ready base_url)/api/v1/incidents?limit=100" \
		--header "Authorization: Bearer $(ready api_token)" >/dev/null
	{ grep -o '"reference": *"[^"]*"' "$work/body" || true; } | wc -l | tr -d ' ' # none is a count too
}

git clone --quiet . "$work/clone"
cd "$work/clone"

port=$(free_port)
set -m # a process group of its own, so that nothing of it outlives this script
go run ./cmd/datalek demo --addr "127.0.0.1:$port" --data "$work/data" --ready-file "$work/ready.json" \
	>"$log" 2>&1 </dev/null &
group=$!
set +m

for ((second = 0; ; second++)); do
	if [ -e "$work/ready.json" ] && [ "$(status "$(ready base_url)/readyz" || true)" = 200 ]; then break; fi
	kill -0 "$group" 2>/dev/null || fail "the demo ended before it was ready"
	((second < 600)) || fail "the demo was not ready within ten minutes, building included"
	sleep 1
done
echo "smoke: ready after $second s, building included"

base=$(ready base_url)
expect 200 "first page" "$base/" --location
grep -qi '<html' "$work/body" || fail "the first page is not a page"
expect 200 "liveness" "$base/healthz"
expect 200 "mailbox page" "$(ready mailbox_url)" --location
before=$(incidents)

now=$(date +%s)
cat >"$work/report.json" <<JSON
{"type": "processor.breach.reported", "timestamp": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
 "data": {"schemaVersion": 1, "reference": "SMOKE-$now", "stage": "initial", "nature": ["confidentiality"],
          "summary": "An unauthorised party could read mailboxes.", "dataCategories": ["contact"]}}
JSON
report 401 "report with a forged signature" smoke-1 "$(printf 'forged' | openssl base64)"
signature=$(sign smoke-1 "$now" "$work/report.json")
report 202 "signed report" smoke-1 "$signature"
first=$(cat "$work/body")
report 202 "the same report once more" smoke-1 "$signature"
[ "$(cat "$work/body")" = "$first" ] || fail "the repeated report was answered otherwise: $first, then $(cat "$work/body")"

for ((second = 0; ; second++)); do
	after=$(incidents)
	if [ "$after" -gt "$before" ]; then break; fi
	((second < 60)) || fail "the report made no incident within a minute"
	sleep 1
done
[ "$after" -eq $((before + 1)) ] || fail "the report made $((after - before)) incidents, want 1"
echo "smoke: the report made one incident"

# The go command hands no signal on: the program itself is asked, and the go
# command then ends with its exit code.
program=$(ps -A -o pid=,ppid= | awk -v parent="$group" '$2 == parent { print $1 }')
[ -n "$program" ] || fail "the program is gone"
kill -TERM "$program"
for ((second = 0; ; second++)); do
	if ! kill -0 "$group" 2>/dev/null; then break; fi
	((second < 30)) || fail "the demo did not end within 30 s of being asked"
	sleep 1
done
code=0
wait "$group" || code=$?
group=
[ "$code" -eq 0 ] || fail "the demo ended with exit code $code"
echo "smoke: ended when asked"
