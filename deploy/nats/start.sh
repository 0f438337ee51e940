#!/bin/sh
# Starts one NATS node with its secrets taken from files. The values are quoted
# for NATS, which would read one that looks like a number as a number.
set -eu

credentials=$(cat /run/secrets/nats_credentials)
route_password=$(cat /run/secrets/nats_route_password)
store_key=$(cat /run/secrets/nats_store_key)

export NATS_USER="\"${credentials%%:*}\""
export NATS_PASSWORD="\"${credentials#*:}\""
export ROUTE_PASSWORD="\"$route_password\""
export ROUTE_1="\"nats://route:$route_password@nats-1:6222\""
export ROUTE_2="\"nats://route:$route_password@nats-2:6222\""
export ROUTE_3="\"nats://route:$route_password@nats-3:6222\""
export JS_KEY="\"$store_key\""

exec nats-server --config /etc/nats/nats.conf
