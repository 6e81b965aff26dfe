#!/usr/bin/env bash
# Every change of a sensitive ref leaves a row that nobody can change or take out unseen.
set -euo pipefail
NEXUS=${NEXUS:-nexus}
NEXUS_HOME=$(mktemp -d)
export NEXUS_HOME
trap 'rm -rf "$NEXUS_HOME"' EXIT

$NEXUS refs hooks create agent/human/HEAD audit_log --config destination=audit_passages
NEXUS_AGENT_ID=atlas $NEXUS refs set agent/human/HEAD --content "Casey lives in Lyon." --human
NEXUS_AGENT_ID=casey $NEXUS refs set agent/human/HEAD --content "Casey lives in Paris." --human

$NEXUS audit list --destination audit_passages
$NEXUS audit verify
