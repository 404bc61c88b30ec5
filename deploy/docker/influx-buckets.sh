#!/bin/bash
# Run once by InfluxDB's image when it has set itself up: the bucket of minutes, beside the one that is kept for ever.
set -e
influx bucket create --org "$DOCKER_INFLUXDB_INIT_ORG" --name "${DOCKER_INFLUXDB_INIT_BUCKET}_minutes" --retention 400d
