# An upgrade from old.deb, whose service had a user for as long as it ran (DynamicUser=), to new.deb, whose service has the
# user inceptiond, in the guest, while the broker is away. It prints all results and all events, as JSON.
set -eu

step() { echo "== $*"; }
fail() {
	echo "FAILED: $*"
	systemctl status --no-pager inceptiond || true
	journalctl --no-pager -u inceptiond | tail -20
	exit 1
}
# camera runs the service, or will, with one camera of that name, which shows another class again and again.
camera() {
	cat >/etc/inceptiond/inceptiond.yaml <<-END
		device: vm
		mqtt: {broker: "mqtt://127.0.0.1"}
		cameras: {$1: {source: demo, demo: {width: 64, height: 64, interval: 300ms}}}
	END
}
# results waits until there are so many.
results() { until [ "$(grep -c predictions /run/results)" -ge "$1" ]; do sleep 0.2; done; }
user() { stat -c %U "/proc/$(systemctl show -p MainPID --value inceptiond)"; }

step old
dpkg -i old.deb
camera eye
mkdir -p /etc/systemd/system/inceptiond.service.d
cat >/etc/systemd/system/inceptiond.service.d/test.conf <<-END
	[Service]
	ExecStart=
	ExecStart=/usr/bin/inceptiond run -c /etc/inceptiond/inceptiond.yaml --output json
	StandardOutput=append:/run/results
END
systemctl daemon-reload
systemctl start inceptiond
results 20
[ "$(readlink /var/lib/inceptiond)" = private/inceptiond ] || fail 'its state is somewhere else'
ls /var/lib/inceptiond/spool/* >/dev/null || fail 'there is no spool'
[ "$(id -u inceptiond)" -ge 61184 ] || fail 'its user is no dynamic one, or glibc does not know it (libnss-systemd)'

step upgrade
before=$(systemctl show -p MainPID --value inceptiond)
dpkg -i new.deb
systemctl -q is-active inceptiond || fail 'the upgrade stopped it'
[ "$(systemctl show -p MainPID --value inceptiond)" != "$before" ] || fail 'the old program still runs'
[ "$(id -u inceptiond)" -lt 1000 ] && [ "$(user)" = inceptiond ] || fail "its user is $(user), $(id inceptiond)"
[ "$(stat -c '%F %U %G %a' /var/lib/inceptiond)" = 'directory inceptiond inceptiond 700' ] || fail "$(stat /var/lib/inceptiond)"
[ -z "$(find /var/lib/inceptiond ! -user inceptiond)" ] || fail 'some of its state is not its own'
[ ! -e /var/lib/private/inceptiond ] || fail 'its old folder is left'
[ "$(stat -c '%U:%G %a' /etc/inceptiond)" = 'root:root 755' ] || fail "$(ls -ld /etc/inceptiond)"
[ "$(stat -c '%U:%G %a' /etc/inceptiond/inceptiond.yaml)" = 'inceptiond:inceptiond 644' ] || fail "$(ls -l /etc/inceptiond)"
results $(($(grep -c predictions /run/results) + 20))
systemctl stop inceptiond

step broker # events come in their order: behind the first of another camera there is none of the first
systemctl start mosquitto
mosquitto_sub -q 1 -t 'inceptiond/vm/+/event' >/run/events &
until mosquitto_pub -t inceptiond/vm/test/event -m ready && grep -q ready /run/events; do sleep 0.2; done
cat /run/results
camera last
systemctl start inceptiond
until grep -q '"camera":"last"' /run/events; do sleep 0.2; done
cat /run/events
