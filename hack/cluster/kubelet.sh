#!/usr/bin/env bash
# The kubelet sets a few kernel settings that no namespace contains, so they would stay changed on the machine (one
# makes it reboot after a kernel panic). It gets files with the values that it wants to see instead, in a mount
# namespace of its own; everything else that it mounts is still shared.
set -euo pipefail
fake=/run/kernel-settings
mkdir -p "$fake"
mount --make-private /proc
cover() {
  echo "$2" >"$fake/$(basename "$1")"
  if [ -e "$1" ]; then mount --bind "$fake/$(basename "$1")" "$1"; fi
}
cover /proc/sys/vm/overcommit_memory 1
cover /proc/sys/vm/panic_on_oom 0
cover /proc/sys/kernel/panic 10
cover /proc/sys/kernel/panic_on_oops 1
cover /proc/sys/kernel/keys/root_maxkeys 1000000
cover /proc/sys/kernel/keys/root_maxbytes 25000000
exec kubelet "$@"
