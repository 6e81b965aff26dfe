#!/usr/bin/env bash
# An action of your own runs inside the update, isolated and with a deadline: what it throws undoes the update.
set -euo pipefail
NEXUS=${NEXUS:-nexus}
here=$(cd "$(dirname "$0")" && pwd)
NEXUS_HOME=$(mktemp -d)
export NEXUS_HOME
trap 'rm -rf "$NEXUS_HOME"' EXIT

$NEXUS refs actions register word_limit "$here/word-limit.ts"
$NEXUS refs hooks create agent/human/HEAD word_limit --config words=5

$NEXUS refs set agent/human/HEAD --content "Casey lives in Lyon."
$NEXUS refs set agent/human/HEAD --content "Casey lives in Lyon and sells houses." || echo "the second update was undone"

$NEXUS refs get agent/human/HEAD
$NEXUS refs hooks stats
