package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

// write puts a file into dir and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadResolvesPaths(t *testing.T) {
	dir := t.TempDir()
	c, err := Load(write(t, dir, "inceptiond.yaml", `
mqtt:
  broker: mqtts://broker.local
  username: me
  password_file: broker.password
  tls: {ca_file: tls/ca.pem, cert_file: /etc/c.pem, key_file: ../k.pem}
  spool: {path: events}
models:
  birds: {file: birds.tflite, labels: birds.txt, edgetpu: {file: birds_edgetpu.tflite}}
  gate: {file: "taught:gate"}
cameras:
  a: {source: http, http: {url: "https://camera.local/", username: me, password_file: a.password, ca_file: a.pem}}
  c: {source: rtsp, rtsp: {url: "rtsps://camera.local/", username: me, password_file: c.password, ca_file: c.pem}}
  b: {source: files, files: {paths: [., shots/*.jpg, /srv/pictures]}}
web: {tls: {cert_file: page.pem, key_file: /etc/page.key}}
teach: {folder: taught}
`))
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	if want := (TLS{CAFile: in("tls/ca.pem"), CertFile: "/etc/c.pem", KeyFile: filepath.Join(filepath.Dir(dir), "k.pem")}); c.MQTT.TLS != want {
		t.Errorf("got %+v, want %+v", c.MQTT.TLS, want)
	}
	got := []string{
		c.MQTT.PasswordFile, c.MQTT.Spool.Path, c.Models["birds"].File, c.Models["birds"].Labels, c.Models["demo"].File,
		c.Models["demo"].Labels, c.Models["birds"].EdgeTPU.File, c.Cameras["a"].HTTP.PasswordFile, c.Cameras["a"].HTTP.CAFile,
		c.Cameras["c"].RTSP.PasswordFile, c.Cameras["c"].RTSP.CAFile, c.Web.TLS.CertFile, c.Web.TLS.KeyFile,
		c.Teach.Folder, c.Models["gate"].File,
	}
	got = append(got, c.Cameras["b"].Files.Paths...)
	want := []string{
		in("broker.password"), in("events"), in("birds.tflite"), in("birds.txt"), "builtin:demo",
		"builtin:demo", in("birds_edgetpu.tflite"), in("a.password"), in("a.pem"), in("c.password"), in("c.pem"),
		in("page.pem"), "/etc/page.key", in("taught"), "taught:gate", dir, in("shots/*.jpg"), "/srv/pictures",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestSpoolOffIsNoPath(t *testing.T) {
	c, err := Load(write(t, t.TempDir(), "inceptiond.yaml", "mqtt: {spool: {path: off}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("again", c.YAML())
	if err != nil || c.MQTT.Spool.Path != SpoolOff || again.MQTT.Spool != c.MQTT.Spool {
		t.Errorf("path %q, again %+v, %v", c.MQTT.Spool.Path, again, err)
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want one that wraps fs.ErrNotExist", err)
	}
	if _, err := Load(dir); err == nil {
		t.Error("no error for a folder")
	}
	path := write(t, dir, "bad.yaml", "devise: a\n")
	_, err := Load(path)
	if want := path + ":1: devise: unknown key (did you mean device?)"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := Load(write(t, dir, "big.yaml", strings.Repeat("#", maxFile+1))); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("got %v for a big file", err)
	}
}

func TestValidate(t *testing.T) {
	c := Default()
	c.MQTT.QoS = 7
	front := c.Cameras["demo"]
	front.Source = SourceV4L2
	c.Cameras["front"] = front
	want := `config: cameras.front.demo: demo is set but source is v4l2 (write source: demo, or remove the section)
config: cameras.front.v4l2: source is v4l2 but its section is missing
config: mqtt.qos: 7 is out of range (want 0 to 2)`
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if err := new(Config).Validate(); err == nil {
		t.Error("no error for the zero Config")
	}
}

// What is no file is an error at once: the test would hang otherwise.
func TestLoadRefuses(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{pipe, t.TempDir(), os.DevNull} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "want a file") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
