#!/bin/sh
# Expands an image as a publisher does, and runs a command in it as a pilot does: much that works in an engine does not
# work there, such as files that only their owner may read, or a program that writes into its own image.
#
#   test-expanded.sh REFERENCE COMMAND [ARGUMENT...]
#
# It needs glidein and apptainer, but no root. A registry on this machine, such as localhost:5000, is asked without encryption.
set -eu
[ $# -ge 2 ] || { sed -n 's/^#   /usage: /p' "$0" >&2; exit 2; }
reference=$1; shift
images=$(mktemp -d)
trap 'rm -rf "$images"' EXIT

glidein images add --images "$images" "$reference"
glidein images verify --images "$images" --deep
name=$(glidein images list --images "$images" -o json | sed -n 's/.*"name": *"\([^"]*\)".*/\1/p')
mkdir "$images/.work"
apptainer --silent exec --userns --containall --cleanenv --no-home --workdir "$images/.work" --cwd / "$images/$name" "$@"
