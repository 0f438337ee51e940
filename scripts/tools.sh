#!/usr/bin/env bash
# Installs what the tests need beyond Go and is not here yet: a C compiler (the
# race detector wants one), Chromium, a Java runtime, and the MongoDB stand-in,
# whose first build needs Maven and a JDK. Quick when everything is here.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()

# need PACKAGE COMMAND... notes Debian's PACKAGE as missing when none of the commands is here.
need() {
	local package=$1 name
	shift
	for name in "$@"; do
		if command -v "$name" >/dev/null; then return; fi
	done
	missing+=("$package")
}

# install_missing installs what need noted, or says plainly what to install.
install_missing() {
	if [ ${#missing[@]} -eq 0 ]; then return; fi
	if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
		{
			echo "The tests need what is not installed here. Debian and Ubuntu call it: ${missing[*]}"
			echo "Install it with your system's package manager (on Debian: sudo apt-get install ${missing[*]}) and try again."
		} >&2
		exit 1
	fi
	echo "Installing ${missing[*]} ..."
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq </dev/null
	apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
	missing=()
}

# curl, openssl and python3 run the examples of the README.
# The names are those that chromedp looks for by itself.
if ! [ -d "/Applications/Google Chrome.app" ]; then
	need chromium headless_shell headless-shell chromium chromium-browser google-chrome google-chrome-stable
fi
need gcc "$(go env CC)" gcc cc clang
need openssl openssl
need curl curl
need python3 python3
need default-jre-headless java
if [ ${#missing[@]} -gt 0 ]; then
	case " ${missing[*]} " in
	*" chromium "*) missing+=(fonts-liberation) ;;
	esac
	case " ${missing[*]} " in
	*" gcc "*) missing+=(libc6-dev) ;;
	esac
fi
install_missing

if ! scripts/standin.sh --is-built; then
	need maven mvn
	need default-jdk-headless javac
	install_missing
	scripts/standin.sh >/dev/null
fi
