#!/bin/sh
# Makes the secrets of docker-compose.yml, in deploy/secrets: random, and each for its own reader. What is there already stays as
# it is, so that it can be run again.
#
#   sudo deploy/secrets.sh                # before the first start
#   sudo deploy/secrets.sh agent hall-1   # a password for one more agent, whose id is hall-1
set -eu
umask 077
cd "$(dirname "$0")"

# The user in the containers of collector, agents, InfluxDB and Grafana, and that of mosquitto.
reader=1000
broker=1883

fail() {
  echo "deploy/secrets.sh: $1" >&2
  exit 1
}

make_secret() {
  [ -s "secrets/$1" ] && return
  # Without an end of line, which some readers would take for a part of it.
  openssl rand -hex 32 | tr -d '\n' >"secrets/$1"
  echo "made deploy/secrets/$1"
}

# A salted SHA-512 as mosquitto 2 reads it. That is enough because the password has 256 random bits.
make_user() {
  make_secret "broker-$1"
  grep -q "^$1:" secrets/mosquitto-passwords && return
  openssl rand 12 >secrets/.salt
  hash=$(cat "secrets/broker-$1" secrets/.salt | openssl dgst -sha512 -binary | base64 | tr -d '\n')
  # Added in place: a container that runs sees the file, not its name.
  echo "$1:\$6\$$(base64 <secrets/.salt)\$$hash" >>secrets/mosquitto-passwords
  rm secrets/.salt
}

command -v openssl >/dev/null || fail 'openssl is needed, and not installed'
mkdir -p secrets
# To be passed through, not to be listed: docker's own client looks whether the files are there.
chmod 711 secrets
touch secrets/mosquitto-passwords

case "${1-}" in
'')
  for name in influx-admin-password influx-token grafana-admin-password; do make_secret "$name"; done
  make_user collector
  make_user demo-hall
  ;;
agent)
  echo "${2-}" | grep -Eqx '[a-z0-9][a-z0-9-]{0,62}' || fail 'an agent id has up to 63 of a-z, 0-9 and -'
  [ "$2" != collector ] || fail 'collector is not an agent'
  make_user "$2"
  echo "the password of agent $2 is in deploy/secrets/broker-$2; let the broker know: docker compose kill -s HUP mosquitto"
  ;;
*) fail 'usage: deploy/secrets.sh [agent <id>]' ;;
esac

chmod 600 secrets/*
if [ "$(id -u)" -eq 0 ]; then
  chown "$reader:$reader" secrets/*
  chown "$broker:$broker" secrets/mosquitto-passwords
else
  echo 'not run as root: the containers cannot read these files until it is run again with sudo' >&2
fi
