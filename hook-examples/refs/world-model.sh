#!/usr/bin/env bash
# When the daily summary moves, the world model is made anew: durably, after the commit, by a processor.
set -euo pipefail
NEXUS=${NEXUS:-nexus}
here=$(cd "$(dirname "$0")" && pwd)
NEXUS_HOME=$(mktemp -d)
export NEXUS_HOME
trap 'rm -rf "$NEXUS_HOME"' EXIT

$NEXUS runs processors register world_model "$here/world-model.ts"
$NEXUS refs hooks create agent/daily/HEAD trigger_run --config processor_type=world_model

$NEXUS refs set agent/daily/HEAD --content "Casey called twice."
$NEXUS refs set agent/daily/HEAD --content "Casey sold the house."
$NEXUS serve --once

$NEXUS runs list
$NEXUS refs get agent/world/HEAD
