#!/bin/sh
# The smallest agent: what it is to do comes on standard input, what it prints is its answer. It needs no model. nexus says
# in the environment who it is (NEXUS_AGENT_ID), in which session (NEXUS_SESSION_ID) and for which dispatch
# (NEXUS_DISPATCH_ID, the same at every attempt).
#
#   [agents.atlas]
#   runner = "command"
#   command = ["/bin/sh", "/path/to/agent.sh"]

# An event's own text stands between two marked lines and is data; the hook's words come behind the last of them.
task=$(awk '/^>>> END /{ task = ""; next } task == "" && NF { task = $0 } END { print task }')
printf '%s here. I was asked: %s\n' "${NEXUS_AGENT_ID:-nobody}" "${task:-nothing}"
