# layer DIR PACKAGE…: makes DIR/root, this machine's own root file system with packages added to it and nothing of it changed, as what
# the machines of the trial begin with: an image of Debian with cloud-init, of which no service runs that was not asked for.
set -eu
dir=$1
shift
mkdir "$dir/upper" "$dir/work" "$dir/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
root=$dir/root
for place in proc dev sys; do mount --rbind --make-rprivate "/$place" "$root/$place"; done
rm -f "$root/etc/resolv.conf"
cat /etc/resolv.conf >"$root/etc/resolv.conf" # it may be a link into what is not here
mount -t tmpfs tmpfs "$root/run"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # nothing is started here
chmod 755 "$root/usr/sbin/policy-rc.d"
rm -f "$root"/etc/systemd/system/*.wants/*
install() { DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -qqy --no-install-recommends "$@"; }
install "$@" || { chroot "$root" apt-get update -q && install "$@"; }

# What of this machine has no place in an image: its services, sources and proxies of apt, and its names.
rm -f "$root/usr/sbin/policy-rc.d" "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
rm -rf "$root"/var/lib/cloud "$root"/var/log/journal
mkdir -p "$root/var/lib/cloud" "$root/etc/cloud/cloud.cfg.d"
: >"$root/etc/machine-id"
echo debian >"$root/etc/hostname"
echo 'network: {config: disabled}' >"$root/etc/cloud/cloud.cfg.d/network.cfg" # it is there before the machine is
echo 'locale: false' >"$root/etc/cloud/cloud.cfg.d/locale.cfg"
echo 'datasource_list: [NoCloud, None]' >"$root/etc/cloud/cloud.cfg.d/datasource.cfg"
echo 'Acquire::http::Proxy::hub.example "DIRECT";' >"$root/etc/apt/apt.conf.d/99trial"
cat >"$root/etc/hosts" <<END
127.0.0.1 localhost debian hub
10.77.0.1 hub.example hub2.example
10.77.0.11 cam-1
10.77.0.12 cam-2
END
: >"$root/etc/resolv.conf"
for unit in apt-daily.timer apt-daily-upgrade.timer systemd-udevd.service systemd-udev-trigger.service systemd-resolved.service \
	systemd-networkd.service systemd-timesyncd.service getty.target console-getty.service; do
	ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
umount -R "$root"
