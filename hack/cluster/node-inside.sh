#!/usr/bin/env bash
# Process 1 of the node's namespaces: makes them look like a machine, starts the node's programs, and reaps what they
# leave behind. When it ends, the kernel kills everything else in here.
set -euo pipefail
state=$1
node=$2
name=$3

# `unshare` has cut the mounts off from the machine's. Among ourselves they are shared again: what the kubelet mounts
# must be seen by containerd.
mount --make-rshared /
mount -t proc proc /proc
# Folders of fixed names that the kubelet, containerd and the CNI plug-ins write to: two nodes must not meet there,
# and the machine must not keep anything of it.
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var/lib
mkdir /var/lib/kubelet /var/lib/containerd /var/lib/cni
mount --bind "$state/kubelet" /var/lib/kubelet
mount --bind "$state/containerd" /var/lib/containerd
mount --bind "$state/var-log" /var/log
echo "$name" >/proc/sys/kernel/hostname

ip link set lo up
# A bridge without ports only carries the node's address; each pod gets a cable of its own, so that all traffic between
# pods is routed and Services work without the kernel's bridge filter.
ip link add node0 type bridge
ip address add 10.244.0.1/32 dev node0
ip link set node0 up
# Service addresses are rewritten on the way out, so there must be a way out.
ip route add default dev node0
echo 1 >/proc/sys/net/ipv4/ip_forward

"$node" "$(dirname "$0")/node-inside.mjs" "$state" &
wait $!
