#!/usr/bin/env bash
# Tells a service outside when the human model moves: one POST for each committed update, none for one that was undone.
# HOOK_URL is where it goes; without one, what would be sent is shown.
set -euo pipefail
NEXUS=${NEXUS:-nexus}
here=$(cd "$(dirname "$0")" && pwd)
NEXUS_HOME=$(mktemp -d)
export NEXUS_HOME
trap 'rm -rf "$NEXUS_HOME"' EXIT
[ -z "${HOOK_URL:-}" ] || printf '[refs]\nwebhook_private = true\n' > "$NEXUS_HOME/config.toml"

$NEXUS refs hooks create agent/human/HEAD webhook \
  --config "url=${HOOK_URL:-https://hooks.example.com/human}" 'template=Human model updated for agent {agent_id}' include_passage=true

$NEXUS refs set agent/human/HEAD --content "Casey lives in Lyon." --metadata agent_id=casey-7
# The next hook stops the second update: nothing may be said of it.
$NEXUS refs actions register word_limit "$here/word-limit.ts" --quiet > /dev/null
$NEXUS refs hooks create agent/human/HEAD word_limit --config words=5
$NEXUS refs set agent/human/HEAD --content "This has more words than the limit." || echo "the second update was undone"

[ -z "${HOOK_URL:-}" ] || $NEXUS serve --once
$NEXUS refs outbox list
$NEXUS refs outbox show "$($NEXUS refs outbox list --json | sed 's/.*"id":"\(obx_[^"]*\)".*/\1/')"
