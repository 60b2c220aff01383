package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/faces"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/internal/testing/syncbuf"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// TestPeople enrols two people, has a daemon see three, enrols and forgets the third while it runs, and holds all that leaves it to names.
func TestPeople(t *testing.T) {
	needProgram(t, "mosquitto_sub", "mosquitto-clients")
	h := newHousehold(t)
	h.run("teach", "new", "family", "--base", "faces")
	h.enrol("one", "two")
	h.run("teach", "train", "family")

	daemon := h.start()
	h.await(`"identity":{"label":"one"`, `"identity":{"label":"two"`, `"identity":{"label":null,"score":0,`)
	h.await("/door/decision {", `"label":"one","score":0.`, `"label":"two","score":0.`, `"kind":"decision"`)
	if text := h.messages.String(); strings.Contains(text, `"label":"left"`) || !strings.Contains(text, `"predictions":[],"identity"`) {
		t.Errorf("before they are known: %.2000s", text)
	}

	h.enrol("left")
	h.run("teach", "train", "family")
	h.run("teach", "use", "family", "--force")
	h.await(`"identity":{"label":"left"`)
	if daemon.ProcessState != nil {
		t.Error("it was started anew")
	}

	// The pictures of a camera with a detector are cut out as its second model sees them.
	h.run("teach", "add", "family", "guest", "--camera", "gate")
	h.run("teach", "train", "family")
	h.run("teach", "use", "family", "--force")
	h.await("/gate/result {", `"identity":{"label":"guest","score":0.9`)

	h.run("teach", "forget", "family", "left")
	h.run("teach", "train", "family")
	before := len(h.messages.String())
	publishtest.Eventually(t, "the third to be nobody again", func() bool { // a round of all pictures
		later := h.messages.String()[before:]
		at := strings.LastIndex(later, `"label":"left"`)
		return strings.Count(later[at+1:], `/door/left`) > 8
	})

	h.checkStore()
	vectors := h.vectors()
	for where, text := range h.leaves() {
		if found := leak(text, vectors); found != "" {
			t.Errorf("%s has what the model says of a face: %s", where, found)
		}
	}
	// Only results have it, if somebody asks.
	h.configure("publish_embedding: true")
	daemon.Process.Signal(syscall.SIGHUP)
	h.await(`"embedding":[`)
	publishtest.Eventually(t, "the vectors in results", func() bool { return leak([]byte(h.messages.String()), vectors) != "" })
	for line := range bytes.Lines([]byte(h.messages.String())) {
		if topic, _, _ := bytes.Cut(line, []byte(" ")); leak(line, vectors) != "" && !bytes.HasSuffix(topic, []byte("/result")) {
			t.Errorf("%.200s", line)
		}
	}
}

// TestPeopleCutOut enrols somebody with a picture that shows more than a face, by a detector, and recognizes them in others.
func TestPeopleCutOut(t *testing.T) {
	h := newHousehold(t)
	h.run("teach", "new", "family", "--base", "faces")
	photo := photograph(t)
	h.run("teach", "add", "family", "one", photo, "--detector", "found")
	if list, err := filepath.Glob(filepath.Join(h.store(), "pictures/one/*.jpg")); err != nil || len(list) != 1 {
		t.Fatalf("%q: %v", list, err)
	}
	h.run("teach", "train", "family")
	var r struct {
		Identity struct {
			Label    string
			Distance float64
		}
	}
	out := h.run("classify", "--json", "--camera", "door", "--max-distance", "0.35", filepath.Join(h.dir, "door", "one0.png"))
	if err := json.Unmarshal(out, &r); err != nil || r.Identity.Label != "one" {
		t.Errorf("%s: %v", out, err)
	}
	for _, c := range []struct{ detector, file, want string }{
		{"found", filepath.Join(shared.Dir(t), "pictures/mug.jpg"), "mug.jpg: found finds nothing in it (cut it to the face"},
		{"faces", photo, "the model is for embed, and finds no boxes"},
		{"nothing", photo, `--detector "nothing": there is no such model in the config file (there is demo, faces, found)`},
	} {
		text, err := exec.Command(h.program, "teach", "add", "family", "two", c.file, "--detector", c.detector, "-c", h.file).CombinedOutput()
		if err == nil || !strings.Contains(string(text), c.want) {
			t.Errorf("%s: %v (want %q)", text, err, c.want)
		}
	}
}

// photograph shows four people, of whom the detector finds one.
func photograph(t *testing.T) string {
	return filepath.Join(shared.Dir(t), "golden/zoo/pictures/face.jpg")
}

// household is a folder with a config file, the faces of four people, and a daemon.
type household struct {
	t        *testing.T
	dir      string
	file     string
	program  string
	port     string // of its broker
	page     string // and page
	metrics  string
	faces    map[string][][]byte
	messages syncbuf.Buffer // of the broker, a line each
	out, log syncbuf.Buffer
}

func newHousehold(t *testing.T) *household {
	if testing.Short() {
		t.Skip("training takes its time")
	}
	h := &household{t: t, dir: t.TempDir(), port: freeport.Find(t), page: freeport.Find(t), metrics: freeport.Find(t), faces: faces.Shared(t)}
	for _, name := range []string{"STATE_DIRECTORY", "RUNTIME_DIRECTORY"} {
		t.Setenv(name, "")
	}
	t.Setenv("XDG_STATE_HOME", filepath.Join(h.dir, "state"))
	h.file = filepath.Join(h.dir, "inceptiond.yaml")
	h.configure("publish_embedding: false")
	photo, err := os.ReadFile(photograph(t))
	if err != nil {
		t.Fatal(err)
	}
	if h.program, err = exec.LookPath("inceptiond"); err != nil {
		t.Fatal(err)
	}
	h.write(filepath.Join("gate", "face.jpg"), photo)
	for name, list := range h.faces { // the camera sees those that are not enrolled
		if name != "right" {
			for i, data := range list[3:] {
				h.write(filepath.Join("door", fmt.Sprint(name, i, ".png")), data)
			}
		}
	}
	return h
}

func (h *household) configure(more string) {
	h.write("inceptiond.yaml", fmt.Appendf(nil, `
device: home
log: {level: debug}
mqtt: {listen: "127.0.0.1:%s", report: 1s, homeassistant: {enabled: true}}
web: {listen: "127.0.0.1:%s"}
metrics: {listen: "127.0.0.1:%s"}
models:
  faces: {file: %q, task: embed, people: family, max_distance: 0.3, %s}
  found: {file: %q, decoder: blazeface}
cameras:
  door: {source: files, model: faces, files: {paths: [door], interval: 20ms, loop: true}}
  gate: {source: files, model: found, then: {model: faces}, files: {paths: [gate], interval: 50ms, loop: true}}
`, h.port, h.page, h.metrics, filepath.Join(shared.Dir(h.t), faces.Network), more,
		filepath.Join(shared.Dir(h.t), "models/zoo/blazeface_front_128.tflite")))
}

// store is the folder of the people.
func (h *household) store() string { return filepath.Join(h.dir, "state/inceptiond/home/teach/family") }

func (h *household) write(name string, data []byte) {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o600)); err != nil {
		h.t.Fatal(err)
	}
}

// run runs a command to its end, and returns what it prints.
func (h *household) run(args ...string) []byte {
	h.t.Helper()
	cmd := exec.CommandContext(h.t.Context(), h.program, append(args, "-c", h.file)...)
	cmd.Dir = h.dir
	out, err := cmd.Output()
	if err != nil {
		h.t.Fatalf("%v: %v: %s", args, err, out)
	}
	return out
}

// enrol adds three pictures of each.
func (h *household) enrol(names ...string) {
	h.t.Helper()
	for _, name := range names {
		for i, data := range h.faces[name][:3] {
			h.write(filepath.Join("enrolled", name, strconv.Itoa(i)+".png"), data)
		}
		h.run("teach", "add", "family", name, filepath.Join(h.dir, "enrolled", name))
	}
}

// start starts the daemon, and somebody who hears all of its messages.
func (h *household) start() *exec.Cmd {
	h.t.Helper()
	cmd := exec.Command(h.program, "run", "-c", h.file, "--output", "json")
	cmd.Dir, cmd.Stdout, cmd.Stderr = h.dir, &h.out, &h.log
	h.background(cmd)
	publishtest.Eventually(h.t, "its broker", func() bool { return portTaken("127.0.0.1:" + h.port) })
	hears := exec.Command("mosquitto_sub", "-h", "127.0.0.1", "-p", h.port, "-t", "#", "-v")
	hears.Stdout = &h.messages
	h.background(hears)
	return cmd
}

// background runs a program until the test ends.
func (h *household) background(cmd *exec.Cmd) {
	h.t.Helper()
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if h.t.Failed() && cmd.Stderr != nil {
			h.t.Logf("%.4000s", cmd.Stderr)
		}
	})
}

// await waits until the messages have all of these texts.
func (h *household) await(texts ...string) {
	h.t.Helper()
	for _, text := range texts {
		publishtest.Eventually(h.t, text, func() bool { return strings.Contains(h.messages.String(), text) })
	}
}

// checkStore holds the folder of what is taught to its modes: what is in it is nobody else's business.
func (h *household) checkStore() {
	h.t.Helper()
	files := 0
	err := filepath.WalkDir(filepath.Dir(h.store()), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := d.Info()
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = fs.ModeDir | 0o700
		} else {
			files++
		}
		if err == nil && info.Mode() != want {
			h.t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
		return err
	})
	if err != nil || files < 10 {
		h.t.Errorf("%d files in the store: %v", files, err)
	}
}

// vectors are what the model says of all faces, and what people are known by.
func (h *household) vectors() (list [][]float32) {
	h.t.Helper()
	var pictures []string
	for name := range h.faces {
		pictures = append(pictures, filepath.Join(h.dir, "door", name+"0.png"), filepath.Join(h.dir, "enrolled", name, "0.png"))
	}
	args := []string{"classify", "--json", "--task", "embed", "-m", filepath.Join(shared.Dir(h.t), faces.Network)}
	for _, picture := range pictures {
		if _, err := os.Stat(picture); err != nil {
			continue
		}
		out, err := exec.CommandContext(h.t.Context(), h.program, append(args, picture)...).Output()
		var r struct{ Embedding []float32 }
		if err := errors.Join(err, json.Unmarshal(out, &r)); err != nil || len(r.Embedding) != 128 {
			h.t.Fatalf("%s: %v", out, err)
		}
		list = append(list, r.Embedding)
	}
	versions, _ := filepath.Glob(filepath.Join(h.store(), "versions/*/people.bin"))
	for _, file := range versions {
		data, err := os.ReadFile(file)
		if err != nil {
			h.t.Fatal(err)
		}
		for end := len(data); end >= 4*128+48; end -= 4 * 128 {
			v := make([]float32, 128)
			for i := range v {
				v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[end-4*128+4*i:]))
			}
			list = append(list, v)
		}
	}
	if len(versions) == 0 || len(list) < 8 {
		h.t.Fatalf("%d versions, %d vectors", len(versions), len(list))
	}
	return list
}

// leaves is all that leaves the daemon: messages, what it prints and logs, metrics, what the page says, and files outside the store.
func (h *household) leaves() map[string][]byte {
	h.t.Helper()
	texts := map[string][]byte{"the broker": []byte(h.messages.String()), "standard output": []byte(h.out.String()), "the log": []byte(h.log.String()), "metrics": h.get("http://127.0.0.1:" + h.metrics + "/metrics")}
	ctx, cancel := context.WithCancel(h.t.Context())
	defer cancel()
	c, err := (&teaching{file: h.file}).signIn(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, path := range []string{"status", "events", "models", "config", "teach", "teach/family", "teach/family/samples?shelf=pictures"} {
		var answer json.RawMessage
		if err := c.do(ctx, http.MethodGet, "api/v1/"+path, nil, &answer); err != nil || len(answer) < 10 {
			h.t.Fatalf("%s: %s, %v", path, answer, err)
		}
		texts["the page's "+path] = answer
	}
	err = filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
		case d.Name() == "teach":
			return fs.SkipDir
		case d.Type().IsRegular():
			texts[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return texts
}

func (h *household) get(url string) []byte {
	h.t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || len(text) == 0 {
		h.t.Fatal(err)
	}
	return text
}

// leak is what of vectors a text has: four numbers of one in a row, as bytes or in digits. Empty: nothing.
func leak(text []byte, vectors [][]float32) string {
	for _, v := range vectors {
		for i := 0; i+4 <= len(v); i += 4 {
			var bits []byte
			var digits []string
			plain := true
			for _, x := range v[i : i+4] {
				bits = binary.LittleEndian.AppendUint32(bits, math.Float32bits(x))
				text := strconv.FormatFloat(float64(x), 'f', 5, 32)
				digits = append(digits, text[:5])
				plain = plain && math.Abs(float64(x)) > 0.01
			}
			if bytes.Contains(text, bits) {
				return fmt.Sprintf("the bytes of %v", v[i:i+4])
			}
			if plain && inOrder(text, digits) {
				return strings.Join(digits, "…, ")
			}
		}
	}
	return ""
}

// inOrder tells whether texts follow each other within a hundred bytes.
func inOrder(text []byte, parts []string) bool {
	for {
		at := bytes.Index(text, []byte(parts[0]))
		if at < 0 {
			return false
		}
		text = text[at+len(parts[0]):]
		rest, all := text[:min(100, len(text))], true
		for _, p := range parts[1:] {
			at := bytes.Index(rest, []byte(p))
			if all = at >= 0; !all {
				break
			}
			rest = rest[at+len(p):]
		}
		if all {
			return true
		}
	}
}
