# The first process of namespaces of its own: HTCondor's daemons, which end with it. It ends when its standard input does, so when
# whoever started it is gone.
#   $1: the root directory with HTCondor    $2: the directory of this pool, which its daemons see as /mnt
set -e
mount --make-rprivate /
mount -t proc proc "$1/proc"
mount --bind "$2" "$1/mnt"
mount --bind "$2/passwd" "$1/etc/passwd"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
mount --bind /dev "$1/dev"
hostname localhost
ip link set lo up
chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C TZ=UTC CONDOR_CONFIG=/mnt/condor_config \
  condor_master -f >"$2/master.out" 2>&1 </dev/null &
while read -r line; do :; done
