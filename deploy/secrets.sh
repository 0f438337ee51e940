#!/usr/bin/env bash
# Makes the secrets of docker-compose.yml, each once; what is there is kept.
#
#     deploy/secrets.sh [FOLDER]        deploy/secrets when no folder is named
#
# datalek_key opens every encrypted field: keep a copy of it elsewhere, apart
# from the backups of the store.
set -euo pipefail

folder=${1:-$(cd "$(dirname "$0")" && pwd)/secrets}
mkdir -p "$folder"
# The folder keeps other people of this host out. The files themselves can be
# read, since the containers' users, who get them one by one, are not you.
chmod 0700 "$folder"
cd "$folder"
umask 022

# keep FILE COMMAND... writes what COMMAND prints to FILE, unless FILE is there.
keep() {
	local file=$1
	shift
	if [ -e "$file" ]; then return; fi
	"$@" >"$file.new"
	mv "$file.new" "$file"
	echo "made $file"
}

credentials() { printf 'datalek:%s\n' "$(openssl rand -hex 24)"; }

keep datalek_key openssl rand -base64 32
keep store_password openssl rand -hex 24
keep smtp_password openssl rand -hex 24
keep heartbeat_url true # empty: no monitor is called until its address stands here
keep nats_credentials credentials
keep nats_route_password openssl rand -hex 24
keep nats_store_key openssl rand -hex 32
keep mongo_keyfile openssl rand -base64 756
keep mongo_root_password openssl rand -hex 24

# An authority of our own, for the mail catcher's certificate only.
if ! [ -e ca.pem ]; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
		-subj '/CN=datalek mail catcher' -keyout ca.key -out ca.pem 2>/dev/null
	chmod 0600 ca.key
	echo "made ca.pem"
fi
if ! [ -e mail.pem ]; then
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj '/CN=mail' -keyout mail.key -out mail.csr 2>/dev/null
	printf 'subjectAltName=DNS:mail\nextendedKeyUsage=serverAuth\n' >mail.ext
	openssl x509 -req -in mail.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 \
		-extfile mail.ext -out mail.pem 2>/dev/null
	rm mail.csr mail.ext ca.srl 2>/dev/null || true
	chmod 0644 mail.key
	echo "made mail.pem"
fi
