package tests

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// service is inceptiond as the guest's own service, in the sandbox of the unit that the project ships.
type service struct{ t *testing.T }

const unit = "inceptiond.service"

// install installs the program, the unit, a config (with the device name "vm" and the guest's broker added), and lines
// for the unit's section Service, as `systemctl edit` would add them.
func install(t *testing.T, config string, lines ...string) service {
	t.Helper()
	sh(t, "install -m 755 inceptiond /usr/bin/ && install -m 644 inceptiond.service /etc/systemd/system/")
	sh(t, "install -m 644 inceptiond.sysusers /usr/lib/sysusers.d/inceptiond.conf && systemd-sysusers inceptiond.conf")
	sh(t, "install -m 644 inceptiond.udev /usr/lib/udev/rules.d/60-inceptiond.rules && udevadm control --reload")
	sh(t, "mkdir -p /etc/inceptiond /etc/systemd/system/inceptiond.service.d")
	s := service{t}
	s.config(config)
	sh(t, "chown inceptiond:inceptiond /etc/inceptiond/inceptiond.yaml") // as the package does
	dropIn := "[Service]\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile("/etc/systemd/system/inceptiond.service.d/test.conf", []byte(dropIn), 0o644); err != nil {
		t.Fatal(err)
	}
	sh(t, "systemctl daemon-reload")
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := exec.Command("sh", "-c", "systemctl status --no-pager -l inceptiond; journalctl --no-pager -n 60 -u inceptiond").CombinedOutput()
			t.Logf("%s", out)
		}
		sh(t, "systemctl stop inceptiond")
	})
	return s
}

// config writes another config file.
func (s service) config(text string) {
	s.t.Helper()
	if !strings.Contains(text, "mqtt:") {
		text = "mqtt: {broker: \"mqtt://127.0.0.1\"}\n" + text
	}
	if err := os.WriteFile("/etc/inceptiond/inceptiond.yaml", []byte("device: vm\n"+text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// start starts the service, and returns when it has said that it is ready.
func (s service) start() {
	s.t.Helper()
	sh(s.t, "systemctl start inceptiond")
}

// property is what systemd knows of the service: MainPID, StatusText, …
func (s service) property(name string) string {
	s.t.Helper()
	return sh(s.t, "systemctl show --value -p %s %s", name, unit)
}

// awaitProperty waits until a property has a part.
func (s service) awaitProperty(name, part string) {
	s.t.Helper()
	last := ""
	defer func() {
		if s.t.Failed() {
			s.t.Logf("%s was %q at last", name, last)
		}
	}()
	eventually(s.t, name+" with "+part, func() bool {
		last = s.property(name)
		return strings.Contains(last, part)
	})
}

// journal is what the service has logged.
func (s service) journal() string {
	s.t.Helper()
	return sh(s.t, "journalctl --no-pager -o cat -u %s", unit)
}

const eye = "{source: v4l2, v4l2: {device: /dev/video0, format: YUYV}}"

// TestService is the unit's sandbox with a camera at work: no root, no capability, and a score that may not rise.
func TestService(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	s := install(t, "cameras: {eye: "+eye+"}\n")
	s.start()
	mqtt.await(t, 0, "a result", func(line string) bool { return message(line, "eye/result", &result{}) })
	s.awaitProperty("StatusText", " results/s")
	status := s.property("StatusText")
	t.Log(status)
	for _, part := range []string{"1 camera online", "demo on cpu", "broker connected"} {
		if !strings.Contains(status, part) {
			t.Errorf("the status has no %q", part)
		}
	}
	process := sh(t, "cat /proc/%s/status", s.property("MainPID"))
	uid, gid := sh(t, "id -u inceptiond"), sh(t, "id -g inceptiond")
	groups := sh(t, "getent group inceptiond video plugdev gpio | cut -d: -f3 | sort -n | tr '\\n' ' '")
	for _, line := range []string{"Uid:\t" + uid, "Gid:\t" + gid} {
		if uid == "0" || !strings.Contains(process, line+"\t") {
			t.Errorf("the service has no %q", line)
		}
	}
	if got := sh(t, "sed -n 's/^Groups:\t//p' /proc/%s/status", s.property("MainPID")); got != strings.TrimSpace(groups) {
		t.Errorf("the service is in the groups %s, want %s", got, groups)
	}
	if got := sh(t, "stat -c '%%n %%U %%G %%a' /var/lib/inceptiond /run/inceptiond"); got != "/var/lib/inceptiond inceptiond inceptiond 700\n/run/inceptiond inceptiond inceptiond 755" {
		t.Errorf("its folders are %s", got)
	}
	if !strings.Contains(process, "CapPrm:\t0000000000000000\n") || !strings.Contains(process, "NoNewPrivs:\t1\n") {
		t.Errorf("the service has capabilities:\n%s", process)
	}
	table := sh(t, "systemd-analyze security --no-pager --threshold=14 %s", unit) // fails above 1.4
	t.Log(table[strings.LastIndexByte(table, '\n')+1:])
	if out := sh(t, "systemd-analyze verify --man=no /etc/systemd/system/%s 2>&1", unit); strings.Contains(out, unit) {
		t.Error(out)
	}
	begin := time.Now()
	sh(t, "systemctl stop inceptiond")
	if result := s.property("Result"); result != "success" || time.Since(begin) > 20*time.Second {
		t.Errorf("stopped with %s after %v", result, time.Since(begin))
	}
}

// A camera that is missing keeps neither the service from starting nor the watchdog from being content; it is there at
// once when it comes.
func TestServiceWithoutCamera(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	sh(t, "modprobe -r vivid")
	s := install(t, "cameras: {eye: "+eye+"}\n", "WatchdogSec=3")
	s.start()
	s.awaitProperty("StatusText", "0 of 1 camera online (eye lost)")
	time.Sleep(10 * time.Second) // three times the watchdog's
	if n, state := s.property("NRestarts"), s.property("ActiveState"); n != "0" || state != "active" {
		t.Errorf("%s restarts, %s", n, state)
	}
	mark := mqtt.end()
	vivid(t, "n_devs=1")
	awaitStatus(t, mqtt, mark, "eye", "online")
	s.awaitProperty("StatusText", "1 camera online")
	if n := s.property("NRestarts"); n != "0" {
		t.Errorf("%s restarts", n)
	}
}

// A daemon that does not run any more is started again.
func TestServiceWatchdogOfAStoppedProcess(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	s := install(t, "cameras: {eye: "+eye+"}\n", "WatchdogSec=3")
	s.start()
	mark := mqtt.end()
	begin := time.Now()
	sh(t, "kill -STOP %s", s.property("MainPID"))
	s.awaitProperty("NRestarts", "1")
	awaitStatus(t, mqtt, mark, "eye", "online")
	awaitResult(t, mqtt, mark, "eye")
	t.Logf("results again after %v", time.Since(begin).Round(time.Second/10))
	if !strings.Contains(sh(t, "journalctl --no-pager -u %s", unit), "Watchdog timeout") {
		t.Error("the journal does not mention the watchdog")
	}
}

// A pipeline that stands still while the daemon itself runs on is started again: here somebody has asked for all results
// on a pipe, and does not read it.
func TestServiceWatchdogOfAStall(t *testing.T) {
	const pipe = "/run/results"
	sh(t, "mkfifo %s && mkdir -p /srv/shots", pipe)
	drawPictures(t, "/srv/shots", 14) // the pipe holds about eight results
	reader, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := unix.FcntlInt(reader.Fd(), unix.F_SETPIPE_SZ, 4096); err != nil {
		t.Fatal(err)
	}
	s := install(t, "mqtt: {broker: off}\ncameras: {shots: {source: files, files: {paths: [/srv/shots], interval: 0s}}}\n",
		"WatchdogSec=3", "StandardOutput=file:"+pipe, "StandardError=journal",
		"ExecStart=", "ExecStart=/usr/bin/inceptiond run -c /etc/inceptiond/inceptiond.yaml --output json")
	s.start()
	begin := time.Now()
	const stood = "camera shots has stood still for 3"
	s.awaitProperty("StatusText", stood)
	t.Logf("after %v: %s", time.Since(begin).Round(time.Second/10), s.property("StatusText"))
	s.awaitProperty("NRestarts", "1")
	t.Logf("restarted after %v", time.Since(begin).Round(time.Second/10))
	go io.Copy(io.Discard, reader) // until the test ends
	s.awaitProperty("Result", "success")
	s.awaitProperty("ActiveState", "inactive") // all pictures are done
	journal := sh(t, "journalctl --no-pager -u %s", unit)
	for _, part := range []string{"the pipeline stands still", stood, "publishing", "Watchdog timeout", "camera ended"} {
		if !strings.Contains(journal, part) {
			t.Errorf("the journal does not say %q", part)
		}
	}
}

// drawPictures fills a folder with small grey pictures.
func drawPictures(t *testing.T, dir string, n int) {
	t.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 32, 32))); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := os.WriteFile(fmt.Sprintf("%s/%03d.png", dir, i), picture.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A bad config ends the service with 78, and it is not tried again.
func TestServiceWithABadConfig(t *testing.T) {
	s := install(t, "cameras: {eye: {top_k: 0}}\n")
	if out, err := exec.Command("systemctl", "start", "inceptiond").CombinedOutput(); err == nil {
		t.Errorf("it starts: %s", out)
	}
	time.Sleep(5 * time.Second) // more than RestartSec
	for name, want := range map[string]string{"ExecMainStatus": "78", "NRestarts": "0", "ActiveState": "failed", "Result": "exit-code"} {
		if got := s.property(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if journal := s.journal(); !strings.Contains(journal, "inceptiond.yaml:3: cameras.eye.top_k: 0 is out of range") {
		t.Errorf("the journal says %s", journal)
	}
}

// configStatus waits for what the daemon says of its config.
func configStatus(t *testing.T, mqtt *tape, mark int, state string) (problems []string) {
	t.Helper()
	var s struct {
		State    string
		Problems []string
	}
	mqtt.await(t, mark, "the config to be "+state, func(text string) bool { return message(text, "config", &s) && s.State == state })
	return s.Problems
}

// A reload leaves the camera alone that it does not concern; a bad file changes nothing.
func TestServiceReload(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	s := install(t, "cameras:\n  eye: "+eye+"\n  scenes: {demo: {interval: 500ms}}\n")
	s.start()
	configStatus(t, mqtt, 0, "applied")
	before, _ := awaitResult(t, mqtt, 0, "eye")
	awaitResult(t, mqtt, 0, "scenes")
	pid := s.property("MainPID")

	mark := mqtt.end()
	s.config("cameras:\n  eye: " + eye + "\n  scenes: {demo: {interval: 500ms}, top_k: 1}\n  more: {demo: {interval: 500ms}}\n")
	sh(t, "systemctl reload inceptiond")
	configStatus(t, mqtt, mark, "applied")
	awaitStopped(t, mqtt, mark, "scenes")
	awaitStatus(t, mqtt, mark, "more", "online")
	mqtt.await(t, mark, "one prediction, behind those of before", func(text string) bool {
		var r result
		return message(text, "scenes/result", &r) && len(r.Predictions) == 1
	})

	s.config("cameras:\n  eye: {top_kk: 1}\n")
	bad := mqtt.end()
	sh(t, "systemctl reload inceptiond")
	problems := strings.Join(configStatus(t, mqtt, bad, "refused"), "\n")
	if !strings.Contains(problems, "/etc/inceptiond/inceptiond.yaml:4: ") || !strings.Contains(problems, "top_kk") {
		t.Errorf("refused for %q", problems)
	}
	s.awaitProperty("StatusText", "the config file is refused (see the log), 3 cameras online")
	after, _ := awaitResult(t, mqtt, mqtt.end(), "eye")
	if after.Sequence <= before.Sequence {
		t.Errorf("frame %d of the unaffected camera came after %d", after.Sequence, before.Sequence)
	}
	for _, l := range mqtt.since(mark) {
		if strings.HasPrefix(l.text, "inceptiond/vm/eye/status ") {
			t.Errorf("the unaffected camera says %s", l.text)
		}
	}
	if got := s.property("MainPID"); got != pid || s.property("ActiveState") != "active" {
		t.Errorf("process %s has become %s, %s", pid, got, s.property("ActiveState"))
	}
	journal := s.journal()
	for _, part := range []string{"config applied", "config refused, the old one goes on"} {
		if !strings.Contains(journal, part) {
			t.Errorf("the journal does not say %q", part)
		}
	}
}

// The broker's password comes as a credential: the file is root's alone, and the service never sees it.
func TestServiceCredential(t *testing.T) {
	settings := write(t, "mosquitto.conf", "listener 1884 127.0.0.1\npassword_file /etc/mosquitto/passwords\n")
	sh(t, "mosquitto_passwd -c -b /etc/mosquitto/passwords cam tops3cret && chown mosquitto /etc/mosquitto/passwords")
	start(t, "mosquitto", "-c", settings)
	eventually(t, "mosquitto", func() bool {
		return exec.Command("mosquitto_pub", "-p", "1884", "-u", "cam", "-P", "tops3cret", "-t", "test", "-n").Run() == nil
	})
	_, mqtt := start(t, "mosquitto_sub", "-p", "1884", "-u", "cam", "-P", "tops3cret", "-v", "-t", "#")
	s := install(t, "mqtt: {broker: \"mqtt://127.0.0.1:1884\", username: cam}\ncameras: {eye: "+eye+"}\n",
		"LoadCredential=mqtt-password:/etc/inceptiond/mqtt-password")
	sh(t, "umask 077 && echo tops3cret >/etc/inceptiond/mqtt-password")
	s.start()
	awaitResult(t, mqtt, 0, "eye")
	s.awaitProperty("StatusText", "broker connected")
	uid, err := strconv.Atoi(sh(t, "stat -c %%u /proc/%s", s.property("MainPID")))
	if err != nil || uid == 0 {
		t.Errorf("the service runs as user %d (%v)", uid, err)
	}
	if out, err := exec.Command("setpriv", fmt.Sprintf("--reuid=%d", uid), "--clear-groups", "cat", "/etc/inceptiond/mqtt-password").CombinedOutput(); err == nil {
		t.Errorf("the service's user reads %s", out)
	}
}

// In its sandbox the service can write its config file, and change nothing else: not the password, which is root's, neither
// by a file nor by a link that systemd would follow as root. Root's own editors still can. The folder is as the package makes it.
func TestServiceFolder(t *testing.T) {
	attempts := []struct {
		line string
		may  bool
	}{
		{"echo '# by the service' >>$c", true},
		{"ln -s /etc/shadow $d/yard-password", false},
		{"ln -sfn /etc/shadow /var/lib/inceptiond/link && mv -T /var/lib/inceptiond/link $p", false},
		{"cp $c $d/file", false},
		{"rm -f $p", false},
		{"rm -f $c", false},
		{"mv $p $d/elsewhere", false},
		{"ln $p /var/lib/inceptiond/password", false},
		{"cat $p", false},
		{"echo >>$p", false},
		{"chmod 666 $p", false},
		{"chmod 777 $d", false},
		{"mv $d /etc/other", false},
		{"touch /etc/other", false},
		{"touch /usr/bin/inceptiond", false},
	}
	script := "d=/etc/inceptiond c=$d/inceptiond.yaml p=$d/mqtt-password\nid -un\n"
	for _, a := range attempts {
		script += fmt.Sprintf("if { %s; } 2>&1; then echo done; else echo refused; fi\n", a.line)
	}
	const look = "cd /etc/inceptiond && stat -c '%%n %%i %%U:%%G %%a %%s' mqtt-password && stat -c '%%U:%%G %%a' . inceptiond.yaml && ls"
	s := install(t, "mqtt: {broker: off}\n", "LoadCredential=mqtt-password:/etc/inceptiond/mqtt-password",
		"ExecStartPre=/bin/sh "+write(t, "intruder", script), "ExecStart=", "ExecStart=/bin/true", "Type=oneshot", "PrivateTmp=no",
		"StandardOutput=file:/run/intruder")
	sh(t, "umask 077 && echo tops3cret >/etc/inceptiond/mqtt-password")
	before := sh(t, look)
	s.start()
	said := strings.Fields(sh(t, "head -n 1 /run/intruder && grep -xE 'done|refused' /run/intruder"))
	t.Log(sh(t, "cat /run/intruder"))
	if len(said) != 1+len(attempts) || said[0] != "inceptiond" {
		t.Fatalf("%d of %d attempts were made, by %s", len(said)-1, len(attempts), said[0])
	}
	for i, a := range attempts {
		if (said[1+i] == "done") != a.may {
			t.Errorf("%s: %s", a.line, said[1+i])
		}
	}
	if after := sh(t, look); after != before {
		t.Errorf("the folder was\n%s, and is\n%s", before, after)
	}
	sh(t, "sysctl -w fs.protected_regular=2 && echo '# by root' | tee -a /etc/inceptiond/inceptiond.yaml") // tee opens it as editors do
	if got := sh(t, "tail -n 2 /etc/inceptiond/inceptiond.yaml"); got != "# by the service\n# by root" {
		t.Errorf("the config file ends with %s", got)
	}
}

// TensorFlow Lite answers in the sandbox, with its own kernels and with XNNPACK: neither makes code while it runs, which
// MemoryDenyWriteExecute= would refuse.
func TestServiceEngineTFLite(t *testing.T) {
	if _, err := os.Stat("inceptiond-tflite"); err != nil {
		t.Skip("the worker was not built for this machine (make tflite)")
	}
	broker(t)
	mqtt := subscribe(t)
	sh(t, "install -m 755 inceptiond-tflite /usr/bin/ && mkdir -p /usr/lib/inceptiond && install -m 644 libtensorflowlite_c.so /usr/lib/inceptiond/")
	s := install(t, `models:
  own: {file: 'builtin:demo', labels: 'builtin:demo', engine: tflite, fallback: none}
  xnn: {file: 'builtin:demo', labels: 'builtin:demo', engine: tflite, fallback: none, xnnpack: true}
cameras:
  eye: {model: own, source: v4l2}
  scenes: {model: xnn, demo: {interval: 500ms}}
`)
	s.start()
	for _, camera := range []string{"eye", "scenes"} {
		var r struct{ Engine string }
		mqtt.await(t, 0, "a result of "+camera, func(text string) bool { return message(text, camera+"/result", &r) })
		if r.Engine != "tflite" {
			t.Errorf("%s is answered by %s", camera, r.Engine)
		}
	}
	s.awaitProperty("StatusText", "own on tflite, xnn on tflite")
}
