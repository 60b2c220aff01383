package tests

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/internal/testing/rtspserver"
)

// TestServiceNetwork has the service in its sandbox use a network: a model that root has fetched, and an RTSP camera and a
// broker on a machine that is known by its name in .local only, first to Avahi alone, then to nobody on this machine.
func TestServiceNetwork(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("there is no ffmpeg in this guest")
	}
	const name = "mobilenet_v1_0.25_128_quant"
	film := rtspserver.Film{Source: "testsrc2=size=160x120:rate=5:duration=2", Rate: 5, Keys: 5}.Clip(t)
	restart := neighbour(t, rtspserver.Camera{Clip: film, Login: rtspserver.Digest, User: "viewer", Password: "tops3cret"})
	_, mqtt := start(t, "mosquitto_sub", "-h", farAddr, "-v", "-q", "1", "-t", "inceptiond/#")
	s := install(t, `mqtt: {broker: "mqtt://broker.local"}
models: {net: {file: "pull:`+name+`"}}
cameras:
  yard:
    source: rtsp
    model: net
    rtsp: {url: "rtsp://broker.local:8554/stream", username: viewer, password_file: /etc/inceptiond/yard-password}
`, "IPAddressDeny=224.0.0.251 ff02::fb") // where machines are asked for their names
	sh(t, "echo tops3cret | install -m 640 -g inceptiond /dev/stdin /etc/inceptiond/yard-password")
	pull := pullFrom(t, name)
	pull() // there is no folder of the service yet
	sh(t, "systemctl start avahi-daemon")
	s.start()

	var r struct {
		Model struct{ Sha256 string }
	}
	mqtt.await(t, 0, "a result of yard", func(text string) bool { return message(text, "yard/result", &r) })
	if want := sh(t, "sha256sum %s.tflite", name); !strings.HasPrefix(want, r.Model.Sha256) || r.Model.Sha256 == "" {
		t.Errorf("a model with the sum %q answers, want %s", r.Model.Sha256, want)
	}
	if limit := sh(t, "sed -n 's/^Max data size *//p' /proc/$(pidof ffmpeg)/limits"); strings.HasPrefix(limit, "unlimited") {
		t.Errorf("ffmpeg may have all memory: %s", limit)
	}

	sh(t, "rm /var/lib/inceptiond/models/imagenet_labels.txt")
	pull()
	if others := sh(t, "cd /var/lib/inceptiond && find . ! -user inceptiond -o ! -group inceptiond"); others != "" {
		t.Errorf("root has kept for itself %s", others)
	}
	if got := sh(t, "cd /var/lib/inceptiond && stat -c '%%n %%a' . models models/*"); got != strings.Join([]string{". 700", "models 755",
		"models/imagenet_labels.txt 644", "models/imagenet_labels.txt.sha256 644", "models/" + name + ".tflite 644", "models/" + name + ".tflite.sha256 644"}, "\n") {
		t.Errorf("the folder has %s", got)
	}

	sh(t, "systemctl stop avahi-daemon.socket avahi-daemon.service && systemctl set-property --runtime %s IPAddressDeny=", unit)
	_, mqtt = restart()
	awaitResult(t, mqtt, 0, "yard")
	s.awaitProperty("StatusText", "broker connected")
}

// farAddr is where the neighbour is.
const farAddr = "10.77.1.2"

// neighbour puts a machine called broker.local at the other end of a cable: a namespace with an Avahi, a broker, and a
// camera. restart starts its broker anew, with a new tape of what is published there.
func neighbour(t *testing.T, camera rtspserver.Camera) (restart func() (*exec.Cmd, *tape)) {
	t.Helper()
	sh(t, `ip netns add far && ip link add near type veth peer name far && ip link set far netns far
ip addr add 10.77.1.1/24 dev near && ip link set near up
ip -n far addr add %s/24 dev far && ip -n far link set far up && ip -n far link set lo up`, farAddr)
	avahi := write(t, "avahi.conf", "[server]\nhost-name=broker\nenable-dbus=no\nuse-ipv6=no\n[publish]\npublish-workstation=no\n")
	_, log := start(t, "ip", "netns", "exec", "far", "sh", "-c", "mount -t tmpfs tmpfs /run && install -d -o avahi -g avahi /run/avahi-daemon && "+
		"exec avahi-daemon --no-rlimits --no-chroot -f "+avahi)
	settings := write(t, "mosquitto.conf", "listener 1883 "+farAddr+"\nallow_anonymous true\n")
	serve := func() *exec.Cmd {
		cmd, _ := start(t, "ip", "netns", "exec", "far", "mosquitto", "-c", settings)
		eventually(t, "the broker", func() bool { return exec.Command("mosquitto_pub", "-h", farAddr, "-t", "test", "-n").Run() == nil })
		return cmd
	}
	broker := serve()
	inside(t, "/run/netns/far", func() { rtspserver.Start(t, farAddr+":8554", camera) })
	log.await(t, 0, "broker.local", func(s string) bool { return strings.Contains(s, "Server startup complete") })
	return func() (*exec.Cmd, *tape) {
		if err := broker.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the end of the broker", func() bool { return exec.Command("mosquitto_pub", "-h", farAddr, "-t", "test", "-n").Run() != nil })
		broker = serve()
		return start(t, "mosquitto_sub", "-h", farAddr, "-v", "-q", "1", "-t", "inceptiond/#")
	}
}

// inside does something with sockets in another network namespace.
func inside(t *testing.T, namespace string, do func()) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		f, err := os.Open(namespace)
		if err == nil {
			defer f.Close()
			err = unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			do()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// pullFrom has a web server on this machine, with a model and its labels as the catalogue has them. pull fetches them from
// there, as root, like a person.
func pullFrom(t *testing.T, model string) (pull func()) {
	t.Helper()
	files := map[string]string{"/" + model + ".tflite": model + ".tflite", "/imagenet_labels.txt": "imagenet_1001_labels.txt"}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(filepath.Dir(here(t, "x")), files[r.URL.Path]))
	}))
	t.Cleanup(web.Close)
	return func() { t.Log(sh(t, "inceptiond model pull %s --mirror %s/", model, web.URL)) }
}
