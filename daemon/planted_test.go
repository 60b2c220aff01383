package main

import (
	"crypto/sha256"
	"fmt"
	"image"
	"image/png"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish/broker"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// planted is a fault for the doctor to find.
type planted struct {
	config string        // with the fault
	check  string        // the finding that names it
	found  string        // part of that
	fix    string        // part of the remedy
	mend   func() string // does what the remedy says, and returns the config after it
}

// TestDoctorOnPlantedFaults plants faults one by one: the doctor names each, and its remedy works.
func TestDoctorOnPlantedFaults(t *testing.T) {
	for name, plant := range map[string]func(t *testing.T) planted{
		"an empty file": func(*testing.T) planted {
			return planted{"", "file", "the file is empty", "inceptiond config", func() string { return "mqtt: {broker: off}\n" }}
		},
		"an unknown key": func(*testing.T) planted {
			return planted{"mqtt: {broker: off}\ncameras: {a: {treshold: 0.5}}\n", "file", "did you mean threshold?", "mend that line",
				func() string { return "mqtt: {broker: off}\ncameras: {a: {threshold: 0.5}}\n" }}
		},
		"a model that is not there": func(t *testing.T) planted {
			file := filepath.Join(t.TempDir(), "birds.tflite")
			config := fmt.Sprintf("mqtt: {broker: off}\nmodels: {birds: {file: %s}}\ncameras: {a: {model: birds}}\n", file)
			return planted{config, "birds", "no such file", "models.birds.file", func() string { put(t, file, demomodel.Model(), 0o644); return config }}
		},
		"labels of another model": func(t *testing.T) planted {
			file := filepath.Join(t.TempDir(), "labels.txt")
			put(t, file, []byte("cat\ndog\nbird\n"), 0o644)
			const config = "mqtt: {broker: off}\nmodels: {m: {file: 'builtin:demo', labels: %s}}\ncameras: {a: {model: m}}\n"
			return planted{fmt.Sprintf(config, file), "m", "3 labels, but the model has 12", "other labels",
				func() string { return fmt.Sprintf(config, "'builtin:demo'") }}
		},
		"a camera that is not plugged in": func(*testing.T) planted {
			const config = "mqtt: {broker: off}\ncameras: {a: {source: %s}}\n"
			return planted{fmt.Sprintf(config, "v4l2, v4l2: {device: /dev/video-none}"), "a", "no such camera", "plug the camera in, or set cameras.a.v4l2.device",
				func() string { return fmt.Sprintf(config, "demo") }}
		},
		"a folder without pictures": func(t *testing.T) planted {
			dir := t.TempDir()
			config := fmt.Sprintf("mqtt: {broker: off}\ncameras: {a: {source: files, files: {paths: [%s]}}}\n", dir)
			return planted{config, "a", dir, "cameras.a.files.paths", func() string { drawGrey(t, filepath.Join(dir, "a.png")); return config }}
		},
		"a camera that wants a login": func(t *testing.T) planted {
			picture := filepath.Join(t.TempDir(), "a.png")
			drawGrey(t, picture)
			camera := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if user, password, _ := r.BasicAuth(); user != "me" || password != "word" {
					w.Header().Set("WWW-Authenticate", `Basic realm="camera"`)
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				http.ServeFile(w, r, picture)
			}))
			t.Cleanup(camera.Close)
			config := "mqtt: {broker: off}\ncameras: {a: {source: http, http: {url: '" + camera.URL + "'%s}}}\n"
			return planted{fmt.Sprintf(config, ""), "a", "401", "username and password_file", func() string {
				file := filepath.Join(t.TempDir(), "password")
				put(t, file, []byte("word\n"), 0o600)
				return fmt.Sprintf(config, ", username: me, password_file: "+file)
			}}
		},
		"a camera whose certificate nobody knows": func(t *testing.T) planted {
			picture := filepath.Join(t.TempDir(), "a.png")
			drawGrey(t, picture)
			camera := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, picture) }))
			camera.Config.ErrorLog = log.New(io.Discard, "", 0)
			camera.StartTLS()
			t.Cleanup(camera.Close)
			config := "mqtt: {broker: off}\ncameras: {a: {source: http, http: {url: '" + camera.URL + "'%s}}}\n"
			return planted{fmt.Sprintf(config, ""), "a", `write fingerprint: "`, "cameras.a.http.fingerprint", func() string {
				return fmt.Sprintf(config, fmt.Sprintf(", fingerprint: '%x'", sha256.Sum256(camera.Certificate().Raw)))
			}}
		},
		"a camera that sends H.264": func(t *testing.T) planted {
			picture := filepath.Join(t.TempDir(), "a.png")
			drawGrey(t, picture)
			camera := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/video" {
					_, _ = io.WriteString(w, "\x00\x00\x00\x01gB\xC0\x1E\x00")
					return
				}
				http.ServeFile(w, r, picture)
			}))
			t.Cleanup(camera.Close)
			config := "mqtt: {broker: off}\ncameras: {a: {source: http, http: {url: '" + camera.URL + "/%s'}}}\n"
			return planted{fmt.Sprintf(config, "video"), "a", "video (H.264)", "use source: rtsp", func() string { return fmt.Sprintf(config, "snapshot") }}
		},
		"a broker that is down": func(t *testing.T) planted {
			port := freeport.Find(t)
			config := "mqtt: {broker: 'mqtt://127.0.0.1:" + port + "', spool: {path: off}}\n"
			return planted{config, "connect", "nothing listens there", "start the broker", func() string { startBroker(t, port); return config }}
		},
		"a port that is taken": func(t *testing.T) planted {
			port := freeport.Find(t)
			l, err := net.Listen("tcp", "127.0.0.1:"+port)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			const config = "mqtt: {listen: '127.0.0.1:%s'}\n"
			return planted{fmt.Sprintf(config, port), "embedded", "cannot be had", "set mqtt.listen to another port",
				func() string { return fmt.Sprintf(config, freeport.Find(t)) }}
		},
		"a wrong password": func(t *testing.T) planted {
			needProgram(t, "mosquitto", "mosquitto")
			dir := t.TempDir()
			port := startMosquitto(t, dir, "allow_anonymous false\npassword_file "+passwords(t, dir, "cam", "right")+"\n")
			file := filepath.Join(dir, "password")
			put(t, file, []byte("wrong\n"), 0o600)
			config := fmt.Sprintf("mqtt: {broker: 'mqtt://127.0.0.1:%s', username: cam, password_file: %s, spool: {path: off}}\n", port, file)
			return planted{config, "log in", "refuses our login", "mqtt.password_file", func() string { put(t, file, []byte("right\n"), 0o600); return config }}
		},
		"a password that all can read": func(t *testing.T) planted {
			port := freeport.Find(t)
			startBroker(t, port)
			file := filepath.Join(t.TempDir(), "password")
			put(t, file, []byte("word\n"), 0o644)
			config := fmt.Sprintf("mqtt: {broker: 'mqtt://127.0.0.1:%s', username: cam, password_file: %s, spool: {path: off}}\n", port, file)
			return planted{config, "password", "every user", "chmod", func() string { put(t, file, []byte("word\n"), 0o600); return config }}
		},
		"events where no folder can be": func(t *testing.T) planted {
			port := freeport.Find(t)
			startBroker(t, port)
			config := "mqtt: {broker: 'mqtt://127.0.0.1:" + port + "', spool: {path: %s}}\n"
			return planted{fmt.Sprintf(config, "/proc/events"), "disk /proc/events", "cannot be made", "mqtt.spool.path",
				func() string { return fmt.Sprintf(config, filepath.Join(t.TempDir(), "events")) }}
		},
		"a broker whose name nobody knows": func(t *testing.T) planted {
			port := freeport.Find(t)
			startBroker(t, port)
			config := "mqtt: {broker: 'mqtt://%s:" + port + "', spool: {path: off}}\n"
			return planted{fmt.Sprintf(config, "no-such-broker-here.local"), "resolve", "no machine answers", "Its IP address in mqtt.broker",
				func() string { return fmt.Sprintf(config, "127.0.0.1") }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plant(t)
			r, code := runDoctor(t, p.config)
			if code != exitError && !has(r, doctor.Warning, p) || !has(r, doctor.Fault, p) && !has(r, doctor.Warning, p) {
				t.Errorf("ended with %d, and did not name it: %+v", code, r.Findings)
			}
			if r, _ = runDoctor(t, p.mend()); r.Count(doctor.Fault) > 0 || has(r, doctor.Warning, p) {
				t.Errorf("the remedy does not work: %+v", r.Findings)
			}
		})
	}
}

// has tells whether the report names a planted fault, and its remedy.
func has(r doctorReport, state doctor.State, p planted) bool {
	for _, f := range r.Findings {
		if f.State == state && f.Check == p.check && strings.Contains(f.Found, p.found) && strings.Contains(f.Fix, p.fix) {
			return true
		}
	}
	return false
}

func put(t *testing.T, path string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// drawGrey writes a small PNG.
func drawGrey(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 64, 48))); err != nil {
		t.Fatal(err)
	}
}

// startBroker starts a broker that lets everybody in.
func startBroker(t *testing.T, port string) {
	t.Helper()
	b, err := broker.Start(broker.Options{Listen: "127.0.0.1:" + port}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
}

// startMosquitto starts mosquitto with these settings, and returns its port.
func startMosquitto(t *testing.T, dir, settings string) (port string) {
	t.Helper()
	needProgram(t, "mosquitto", "mosquitto")
	port = freeport.Find(t)
	file := filepath.Join(dir, "mosquitto.conf")
	text := "listener " + port + " 127.0.0.1\n" + settings
	if os.Getuid() == 0 {
		text = "user root\n" + text // else it could not read the test's files
	}
	put(t, file, []byte(text), 0o644)
	startProgram(t, "mosquitto", "-c", file)
	publishtest.Eventually(t, "mosquitto", func() bool { return portTaken("127.0.0.1:" + port) })
	return port
}

// passwords writes mosquitto's password file of one user.
func passwords(t *testing.T, dir, user, password string) string {
	t.Helper()
	file := filepath.Join(dir, "passwords")
	if out, err := exec.Command("mosquitto_passwd", "-c", "-b", file, user, password).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}
