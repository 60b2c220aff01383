# The life of the Debian package, in the guest: new.deb and old.deb, the same with a lower version, lie in this folder.
set -eu

step() { echo "== $*"; }
fail() {
	echo "FAILED: $*"
	systemctl status --no-pager inceptiond || true
	journalctl --no-pager -u inceptiond | tail -20
	exit 1
}
version() { dpkg-query -W -f '${Version}' inceptiond; }
pid() { systemctl show -p MainPID --value inceptiond; }
# result waits for a result of the device $1 on the embedded broker.
result() {
	for _ in $(seq 100); do
		if mosquitto_sub -h 127.0.0.1 -C 1 -W 20 -v -t "inceptiond/$1/+/result" 2>/dev/null; then return; fi
		sleep 0.3 # the broker is not there yet
	done
	fail "no result of $1"
}
# owned looks at the folder of the config file, and at the file, which belongs to $1.
owned() {
	[ "$(stat -c '%U:%G %a' /etc/inceptiond)" = 'root:root 755' ] || fail "$(ls -ld /etc/inceptiond)"
	[ "$(stat -c '%F %U %a' /etc/inceptiond/inceptiond.yaml)" = "regular file $1 644" ] || fail "$(ls -l /etc/inceptiond)"
}
gone() { for f; do [ ! -e "$f" ] && [ ! -L "$f" ] || fail "$f is left"; done; }

dpkg --print-architecture | grep -qx "$(dpkg -f old.deb Architecture)" || dpkg --add-architecture armhf

step install
if modprobe gpio-sim; then # a chip that is there before the package's rule and group
	mkdir -p /sys/kernel/config/gpio-sim/pi/bank0
	echo 1 >/sys/kernel/config/gpio-sim/pi/live
	chip=/dev/$(cat /sys/kernel/config/gpio-sim/pi/bank0/chip_name)
	udevadm settle
fi
dpkg -i old.deb
[ "$(version)" = 0.2.0-1 ] || fail "version $(version)"
! systemctl -q is-active inceptiond || fail 'installing it started it'
! systemctl -q is-enabled inceptiond || fail 'installing it enabled it'
inceptiond version
[ "$(id -u inceptiond)" -lt 1000 ] || fail 'there is no user of the system for it'
getent group video plugdev gpio || fail 'a group is missing'
owned inceptiond
[ -z "${chip:-}" ] || [ "$(stat -c '%G %a' "$chip")" = 'gpio 660' ] || fail "$(ls -l "$chip")"

if dpkg --print-foreign-architectures | grep -qx armhf; then
	# The guest is a 64-bit system, whose service manager takes only its own system calls for native.
	mkdir -p /etc/systemd/system/inceptiond.service.d
	printf '[Service]\nSystemCallArchitectures=arm\n' >/etc/systemd/system/inceptiond.service.d/arm.conf
	systemctl daemon-reload
fi

step 'another file in the package'
cp /etc/inceptiond/inceptiond.yaml untouched
dpkg -i other.deb # nobody has changed it: dpkg takes the new one, and asks nothing
tail -n 1 /etc/inceptiond/inceptiond.yaml | grep -qx '# of another version' || fail 'the file is not the new one'
owned inceptiond
cp untouched /etc/inceptiond/inceptiond.yaml # with an editor of root's it stays whose it is
dpkg --force-confold -i old.deb 2>&1 | grep -v downgrading
owned inceptiond
cmp untouched /etc/inceptiond/inceptiond.yaml || fail 'dpkg did not keep the file'

step start
systemctl start inceptiond
result vmbed
inceptiond doctor || fail "doctor: $?"
inceptiond doctor --json | grep -q '"check":"publish","state":"ok"' || fail 'doctor did not reach the broker'
if [ -e /usr/lib/inceptiond/inceptiond-tflite ]; then
	inceptiond bench --engine tflite --runs 1 --threads 1 || fail "TensorFlow Lite: $?"
elif [ "$(dpkg -f old.deb Architecture)" != armhf ]; then
	fail 'the package has no TensorFlow Lite'
fi

step upgrade
sed -i 's/^device: ""/device: gate/' /etc/inceptiond/inceptiond.yaml
systemctl enable inceptiond
before=$(pid)
dpkg -i new.deb
[ "$(version)" = 0.3.0-1 ] || fail "version $(version)"
systemctl -q is-active inceptiond || fail 'the upgrade stopped it'
systemctl -q is-enabled inceptiond || fail 'the upgrade disabled it'
[ "$(pid)" != "$before" ] || fail 'the old program still runs'
grep -q '^device: gate' /etc/inceptiond/inceptiond.yaml || fail 'the upgrade changed the configuration'
owned inceptiond
result gate

step 'upgrade of a stopped service, with a file that has been taken back'
systemctl stop inceptiond
chown root /etc/inceptiond/inceptiond.yaml
dpkg -i new.deb
owned root
! systemctl -q is-active inceptiond || fail 'the upgrade started it'
systemctl start inceptiond
result gate

step remove
dpkg -r inceptiond
! systemctl -q is-active inceptiond || fail 'it still runs'
grep -q '^device: gate' /etc/inceptiond/inceptiond.yaml || fail 'the configuration is gone'
gone /usr/bin/inceptiond /usr/lib/inceptiond /lib/systemd/system/inceptiond.service

step purge
[ "$(stat -c '%U %a' /var/lib/inceptiond)" = 'inceptiond 700' ] || fail "$(ls -ld /var/lib/inceptiond)"
dpkg -P inceptiond
id inceptiond || fail 'its user is gone, and what belongs to it elsewhere may become another one'"'"'s'
gone /etc/inceptiond /var/lib/inceptiond /var/lib/private/inceptiond /run/inceptiond \
	/etc/systemd/system/inceptiond.service /etc/systemd/system/multi-user.target.wants/inceptiond.service
! dpkg -s inceptiond >/dev/null 2>&1 || fail 'dpkg still knows it'
