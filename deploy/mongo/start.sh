#!/bin/bash
# Starts one member of the replica set. mongod wants its key file to be its own
# and nobody else's, which a mounted secret is not.
set -euo pipefail

install -m 0400 -o mongodb -g mongodb /run/secrets/mongo_keyfile /etc/mongo.keyfile
exec docker-entrypoint.sh mongod --replSet datalek --keyFile /etc/mongo.keyfile --bind_ip_all
