#!/usr/bin/env bash
# Keeps a scope up to date: "recent-context" is what the daily and the human ref point to, and follows them.
set -euo pipefail
NEXUS=${NEXUS:-nexus}
NEXUS_HOME=$(mktemp -d)
export NEXUS_HOME
trap 'rm -rf "$NEXUS_HOME"' EXIT

$NEXUS scopes create recent-context --refs 'agent/{daily,human}/HEAD'
$NEXUS refs hooks create agent/daily/HEAD refresh_scope --config scope_name=recent-context
$NEXUS refs hooks create agent/human/HEAD refresh_scope --config scope_name=recent-context

$NEXUS refs set agent/human/HEAD --content "Casey lives in Lyon." --type model
$NEXUS refs set agent/daily/HEAD --content "Casey called twice today." --type summary
$NEXUS refs set agent/human/HEAD --content "Casey lives in Lyon and is moving." --type model

$NEXUS scopes show recent-context
