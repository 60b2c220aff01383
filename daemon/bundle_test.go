package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/internal/testing/syncbuf"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// secrets are texts that were put where a secret can stand, by the place.
type secrets map[string]string

// plant makes a text that nothing else has, for a place.
func (s secrets) plant(place, text string) string {
	s[place] = text
	return text
}

// word is plant of a text that can stand anywhere.
func (s secrets) word(place string) string {
	return s.plant(place, fmt.Sprintf("pl4nt%03dXyz", len(s)))
}

// lookFor looks for all secrets in a bundle's bytes, however they may be written.
func (s secrets) lookFor(t *testing.T, what string, data []byte) {
	t.Helper()
	for place, text := range s {
		forms := []string{text, url.QueryEscape(text), url.PathEscape(text), strings.Trim(string(mustJSON(t, text)), `"`)}
		for skip := range min(3, len(text)-6) { // base64 of any text with it in the middle has the base64 of a part of it
			part := text[skip:]
			part = part[:len(part)/3*3]
			forms = append(forms, base64.StdEncoding.EncodeToString([]byte(part)), base64.URLEncoding.EncodeToString([]byte(part)))
		}
		for _, form := range forms {
			if i := bytes.Index(data, []byte(form)); i >= 0 {
				t.Errorf("%s: the secret of %s (%s) is in it: …%.120q…", what, place, form, data[max(i-60, 0):])
				break
			}
		}
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// plantedConfig is a config file with a secret in every place where one can stand, and the page at a port.
func plantedConfig(t *testing.T, dir, port string, s secrets) string {
	t.Helper()
	in := func(name, text string) string {
		path := filepath.Join(dir, name)
		writeText(t, path, text)
		return path
	}
	certFile, keyFile := ownCertificate(t, time.Now().AddDate(1, 0, 0))
	key, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(key)), "\n") {
		if !strings.HasPrefix(line, "-----") {
			s.plant(fmt.Sprintf("TLS key, line %d", i), line)
		}
	}
	camera := httptest.NewServer(plantedCamera(t, s))
	t.Cleanup(camera.Close)
	text := fmt.Sprintf("# to mend: the password is %s\ndevice: gate-pi # %s\n", s.word("a comment"), s.word("another comment"))
	text += fmt.Sprintf("web: {listen: '127.0.0.1:%s', tls: {cert_file: %s, key_file: %s}}\n", port, certFile, keyFile)
	text += fmt.Sprintf("mqtt:\n  broker: ws://127.0.0.1:1/%s\n  username: %s\n  prefix: home/%s\n  client_id: %s\n", s.word("the broker's path"), s.word("mqtt.username"),
		s.word("mqtt.prefix"), s.word("mqtt.client_id"))
	text += fmt.Sprintf("  spool: {path: %s}\n  homeassistant: {enabled: true, prefix: %s, status_topic: ha/%s}\n", dir, s.word("Home Assistant's prefix"), s.word("Home Assistant's status"))
	text += fmt.Sprintf("location: {latitude: %s, longitude: %s}\n", s.plant("latitude", "48.137431"), s.plant("longitude", "11.575492"))
	text += "cameras:\n  demo: {source: demo, demo: {interval: 200ms}}\n"
	text += fmt.Sprintf("  http: {source: http, http: {url: '%s/%s?user=%s', username: %s, password_file: %s, interval: 200ms}}\n", camera.URL, s.word("an HTTP camera's path"),
		s.word("a camera's query"), s.word("a camera's user"), in("camera-password", s.plant("a password file", `p"w x/y+z&ü=1`)+"\n"))
	text += fmt.Sprintf("  wrong: {source: http, http: {url: '%s/moved', username: %s, password_file: %s, interval: 200ms}}\n", camera.URL, s.word("another user"), filepath.Join(dir, "camera-password"))
	text += fmt.Sprintf("  rtsp: {source: rtsp, rtsp: {url: 'rtsp://127.0.0.1:1/user=admin_password=%s_channel=1'}}\n", s.word("an RTSP camera's path"))
	in("spool-left-over", s.word("a file of the spool"))
	return in("inceptiond.yaml", text)
}

// plantedCamera has pictures with a comment, and for whoever asks elsewhere a way with a password.
func plantedCamera(t *testing.T, s secrets) http.HandlerFunc {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 48)), nil); err != nil {
		t.Fatal(err)
	}
	comment := s.word("a comment in a JPEG")
	picture := slices.Concat(b.Bytes()[:2], []byte{0xff, 0xfe, 0, byte(len(comment) + 2)}, []byte(comment), b.Bytes()[2:])
	moved := fmt.Sprintf("http://somebody:%s@127.0.0.1:1/?token=%s", s.word("a password that the log quotes"), s.word("a token that the log quotes"))
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, moved, http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "image/jpeg")
		w.Write(picture)
	}
}

// commanded runs a command, and returns what it prints.
func commanded(t *testing.T, args ...string) (out, said string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = execute(t.Context(), args, streams{nil, &stdout, &stderr})
	return stdout.String(), stderr.String(), code
}

// pageSecrets has the page choose a password and make a token, whose secrets are planted.
func pageSecrets(t *testing.T, file string, s secrets) {
	t.Helper()
	c, err := signInTo(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	password := s.plant("the page's password", "some words that nobody knows")
	if err := c.do(t.Context(), http.MethodPut, "api/v1/password", map[string]string{"password": password}, nil); err != nil {
		t.Fatal(err)
	}
	var made struct{ Token string }
	if err := c.do(t.Context(), http.MethodPost, "api/v1/tokens", map[string]any{"name": "a token", "change": true}, &made); err != nil || made.Token == "" {
		t.Fatalf("token %q: %v", made.Token, err)
	}
	s.plant("a token of the page", made.Token)
	for name, value := range c.cookies {
		s.plant("the cookie "+name, value)
	}
}

// A secret that stands in any place where one can stand is in no bundle: not of a daemon that runs, not of one that does not, not of a config
// that cannot be used.
func TestBundleHasNoSecrets(t *testing.T) {
	dir, s := t.TempDir(), secrets{}
	for _, name := range []string{"STATE_DIRECTORY", "RUNTIME_DIRECTORY"} {
		t.Setenv(name, "")
	}
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	credentials := t.TempDir()
	writeText(t, filepath.Join(credentials, "mqtt-password"), s.word("a systemd credential"))
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	t.Setenv("MQTT_PASSWORD", s.word("the environment"))
	file := plantedConfig(t, dir, freeport.Find(t), s)

	var log syncbuf.Buffer
	running := exec.Command(program(t), "run", "-c", file, "--output", "none")
	running.Stderr = &log
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Process.Kill() })
	publishtest.Eventually(t, "the page and a camera that is led astray", func() bool {
		_, _, code := commanded(t, "web", "link", "-c", file)
		return code == exitOK && strings.Contains(log.String(), "camera lost") && strings.Count(log.String(), "camera online") >= 2
	})
	pageSecrets(t, file, s)
	link, _, _ := commanded(t, "web", "link", "-c", file)
	for line := range strings.Lines(link) {
		_, code, _ := strings.Cut(strings.TrimSpace(line), "#")
		s.plant("the link", code)
	}
	b := bundleOf(t, s, "a daemon that runs", "-c", file, "--frames", "2", "--camera", "demo", "--camera", "http")
	for _, name := range []string{bundle.ConfigName, bundle.DoctorName, bundle.LogName, bundle.StatusName, bundle.EventsName, bundle.MessagesName,
		bundle.DecisionsName("demo"), bundle.ResultsName("demo"), bundle.StepsName("demo"), bundle.StepsName("http")} {
		if data, there := b.File(name); !there || len(data) == 0 {
			t.Errorf("there is no %s, so nothing was looked for in it", name)
		}
	}
	if text, _ := b.File(bundle.LogName); !bytes.Contains(text, []byte("REDACTED")) || bytes.Count(text, []byte("\n")) < 5 {
		t.Errorf("the log is not what it was: %s", text)
	}
	checkSchemas(t, b)
	if err := errors.Join(running.Process.Signal(os.Interrupt), running.Wait()); err != nil {
		t.Errorf("the daemon: %v", err)
	}
	alone := bundleOf(t, s, "no daemon", "-c", file, "--frames", "1", "--camera", "demo")
	if m := alone.Manifest.Camera("demo"); m == nil || m.Frames != 1 {
		t.Errorf("without a daemon: %+v, left out %q", m, alone.Manifest.LeftOut)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	mistaken := strings.Replace(string(text), "broker: ws://", fmt.Sprintf("broker: ws://%s:%s@", s.word("a user of a broker"), s.word("a password of a broker")), 1)
	writeText(t, file, mistaken)
	bad := bundleOf(t, s, "a config that cannot be used", "-c", file)
	if _, there := bad.File(bundle.ConfigName); there || !strings.Contains(strings.Join(bad.Manifest.LeftOut, "\n"), "mqtt.broker") {
		t.Errorf("left out %q", bad.Manifest.LeftOut)
	}
}

// bundleOf makes a bundle by the command, looks for secrets in its bytes, and in what the command prints, and reads it.
func bundleOf(t *testing.T, s secrets, what string, args ...string) *bundle.Bundle {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.tar")
	out, said, code := commanded(t, append([]string{"bundle", "--yes", "-o", path}, args...)...)
	if code != exitOK {
		t.Fatalf("%s: ended with %d: %s", what, code, said)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s.lookFor(t, what, data)
	s.lookFor(t, what+", as it is listed", []byte(out))
	b, err := bundle.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// checkSchemas holds what a bundle has to the schemas.
func checkSchemas(t *testing.T, b *bundle.Bundle) {
	t.Helper()
	check := func(name, schema string, data []byte) {
		t.Helper()
		compiled, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "docs", "schema", schema+".json"))
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err == nil {
			err = compiled.Validate(value)
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, data)
		}
	}
	check(bundle.ManifestName, "bundle", mustJSON(t, b.Manifest))
	doctor, _ := b.File(bundle.DoctorName)
	check(bundle.DoctorName, "doctor", doctor)
	for _, c := range b.Manifest.Cameras {
		steps, _ := b.File(bundle.StepsName(c.Name))
		for line := range bytes.Lines(steps) {
			check(bundle.StepsName(c.Name), "bundle-step", line)
		}
	}
	for name, schema := range map[string]string{bundle.EventsName: "event", bundle.DecisionsName("demo"): "decision", bundle.ResultsName("demo"): "result"} {
		data, _ := b.File(name)
		for line := range bytes.Lines(data) {
			check(name, schema, line)
		}
	}
}
