# namespace.sh PROGRAM IPV4 IPV6: runs PROGRAM where the one neighbour is a machine called broker.local, whose Avahi
# answers by IPv4, IPv6 (yes or no). It runs in new namespaces for network, mounts and processes.
set -euo pipefail
mount -t tmpfs tmpfs /run
dir=$(mktemp -d -p /run)
printf 'nameserver 10.77.1.99\noptions timeout:1 attempts:1\n' >"$dir/resolv.conf"
mount --bind "$dir/resolv.conf" /etc/resolv.conf
ip link set lo up
ip link add other type veth peer name nobody # a second network, in which nobody is
ip link set nobody up
ip link set other up multicast on
ip addr add 10.88.0.1/24 dev other
ip link add near type veth peer name far
unshare --net --mount --propagation private sleep 600 &
far=$!
until ip link set far netns $far 2>/dev/null && ! ip link show far >/dev/null 2>&1; do sleep 0.05; done
inside() { nsenter -t $far --net --mount -- "$@"; }
for side in near far; do
	enter=; [ $side = near ] || enter=inside
	$enter sysctl -qw net.ipv6.conf.$side.addr_gen_mode=1 net.ipv6.conf.$side.accept_dad=0
	$enter ip link set $side up multicast on
done
inside ip link set lo up
ip addr add fe80::1/64 dev near nodad
inside ip addr add fe80::2/64 dev far nodad
if [ "$2" = yes ]; then
	ip addr add 10.77.1.1/24 dev near
	inside ip addr add 10.77.1.2/24 dev far
fi
inside mount -t tmpfs tmpfs /run
printf '[server]\nhost-name=broker\nenable-dbus=no\nuse-ipv4=%s\nuse-ipv6=%s\nallow-interfaces=far\n[publish]\npublish-workstation=no\n' \
	"$2" "$3" >"$dir/avahi.conf"
inside install -d -o avahi -g avahi /run/avahi-daemon
inside mkdir -p "$dir"
inside tee "$dir/avahi.conf" <"$dir/avahi.conf" >/dev/null
inside avahi-daemon --no-rlimits --no-chroot -f "$dir/avahi.conf" >"$dir/log" 2>&1 &
for _ in $(seq 300); do
	grep -q 'Server startup complete' "$dir/log" && break
	sleep 0.1
done
"$1"
