#!/bin/sh
. /etc/os-release
echo "in $ID"
