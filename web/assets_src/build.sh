#!/bin/sh
# Builds everything under web/assets from the pinned packages in
# package-lock.json. Run `npm ci` first; `make assets` does both.
set -eu
cd "$(dirname "$0")"

out=../assets
mods=node_modules
mkdir -p "$out" ../testdata

"$mods/.bin/sass" --no-source-map --style=compressed --no-error-css \
  --load-path="$mods" --quiet-deps scss/datalek.scss "$out/datalek.css"

cp "$mods/htmx.org/dist/htmx.min.js" "$out/htmx.min.js"
cp datalek.js favicon.svg "$out/"

# What the tests of accessibility evaluate in the browser; never served.
cp "$mods/axe-core/axe.min.js" ../testdata/axe.min.js
cp "$mods/axe-core/LICENSE" ../testdata/axe.LICENSE.txt

licence() {
  printf '%s %s\n%s\n\n' "$1" "$(node -p "require('./$mods/$1/package.json').version")" "$2"
  cat "$3"
  printf '\n----------------------------------------------------------------\n\n'
}

{
  licence govuk-frontend 'Its styles are compiled into datalek.css.' licences/govuk-frontend.txt
  licence htmx.org 'Served unchanged as htmx.min.js.' "$mods/htmx.org/LICENSE"
} >"$out/LICENSES.txt"
