# boot DIR NAME CGROUP: boots a machine that begins with the layer in DIR: systemd as the first process of namespaces of its own. It waits
# for a line first, as its network is made from outside.
set -eu
dir=$1 name=$2 cgroup=$3
mkdir "$cgroup"
echo $$ >"$cgroup/cgroup.procs"
exec unshare --mount --uts --ipc --net --pid --cgroup --fork --kill-child bash -euc '
	root=$1/$2/root
	read -r _
	hostname "$2"
	mount --make-rprivate /
	mount -t overlay overlay -o "lowerdir=$1/upper:/,upperdir=$1/$2/upper,workdir=$1/$2/work" "$root"
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	mount -t tmpfs tmpfs "$root/run"
	mount -t tmpfs tmpfs "$root/tmp"
	mount -t tmpfs -o mode=755 tmpfs "$root/dev"
	for node in null zero full random urandom tty; do
		: >"$root/dev/$node"
		mount --bind "/dev/$node" "$root/dev/$node"
	done
	mkdir "$root/dev/pts" "$root/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
	ln -s pts/ptmx "$root/dev/ptmx"
	mount -t cgroup2 cgroup "$root/sys/fs/cgroup"
	cd "$root"
	pivot_root . mnt
	umount -l /mnt
	mount --make-rshared / # as systemd has it where it is not in a container
	exec env -i container=trial PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=console --show-status=0' \
	boot "$dir" "$name"
