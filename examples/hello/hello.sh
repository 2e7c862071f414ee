#!/bin/sh
# Shows what a payload sees: its own root, its user, its namespaces. Then does its work: one file in, one file out.
set -eu
. /etc/os-release
echo "job:        $GLIDEIN_JOB (argument $1) on $(hostname)"
echo "root:       $PRETTY_NAME, with $(ls / | tr '\n' ' ')"
echo "user:       $(id -u) in the container, map $(tr -s ' ' < /proc/self/uid_map)"
echo "namespaces: user $(readlink /proc/self/ns/user), pid $(readlink /proc/self/ns/pid), mnt $(readlink /proc/self/ns/mnt)"
echo "processes:  $(ls /proc | grep -c '^[0-9]')"
echo "$(cat greeting.txt), answered by job $1" > answer.txt
