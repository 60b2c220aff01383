package catalogue

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestTable holds the table to the listing of the hosted files.
func TestTable(t *testing.T) {
	file, err := os.Open(filepath.Join(shared.Dir(t), "models", "hosted.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	hosted := map[string][]string{} // blob, size, sha256
	for _, row := range rows[1:] {
		hosted[row[0]] = row[1:]
	}
	names := map[string]bool{}
	for _, m := range All() {
		if names[m.Name] || m.File.Name != m.Name+".tflite" {
			t.Errorf("%s: there twice, or its file is %s", m.Name, m.File.Name)
		}
		names[m.Name] = true
		for _, f := range []File{m.File, m.Labels} {
			size := ""
			if f.Size > 0 {
				size = fmt.Sprint(f.Size)
			}
			if want, got := hosted[f.Name], []string{f.Blob, size, f.SHA256}; fmt.Sprint(want) != fmt.Sprint(got) {
				t.Errorf("%s: %v, want %v", f.Name, got, want)
			}
			if f.Expect() < 500 || f.Expect() > f.Limit() {
				t.Errorf("%s: about %d bytes of at most %d", f.Name, f.Expect(), f.Limit())
			}
		}
		classifies := strings.Contains(m.Name, fmt.Sprintf("_%d_", m.Input)) && m.Classes >= 900 && m.Task == "classify"
		detects := strings.HasPrefix(m.Name, "ssd_") && strings.HasSuffix(m.Name, "_postprocess") && m.Input == 300 && m.Classes == 90 && m.Task == "detect"
		if !classifies && !detects || m.MACs < 1e7 || m.Pi4 <= m.Pi5 || m.Pi5 <= 0 {
			t.Errorf("%+v", m)
		}
	}
	for path := range hosted {
		name, ok := strings.CutSuffix(path, ".tflite")
		kind := strings.HasPrefix(name, "inception_v") || strings.HasPrefix(name, "mobilenet_v") && strings.HasSuffix(name, "_quant") || strings.HasPrefix(name, "tf2_mobilenet")
		if ok && kind && !names[name] && !strings.Contains(name, "l2norm") { // for imprinting: no classifier
			t.Errorf("%s is hosted, and not in the table", name)
		}
	}
}

func TestFind(t *testing.T) {
	for _, m := range All() {
		for _, name := range []string{m.Name, Prefix + m.Name} {
			if got, err := Find(name); err != nil || got != m {
				t.Errorf("%s: %v, %v", name, got.Name, err)
			}
		}
	}
	for name, want := range map[string]string{
		"inception_v3_299_quand":         "inception_v3_299_quant",
		"inception_v3":                   "inception_v3_299_quant",
		"InceptionV3":                    "inception_v3_299_quant",
		"pull:inceptoin-v1-224":          "inception_v1_224_quant",
		"inception_v4_299":               "inception_v4_299_quant",
		"inception_v3_299_quant.tflite":  "inception_v3_299_quant",
		"mobilenet_v2_1.0_quant":         "mobilenet_v2_1.0_224_quant",
		"mobilenet_v2_1.0_224_inat_bird": "mobilenet_v2_1.0_224_inat_bird_quant",
		"ssd_mobilenet_v1_coco":          "ssd_mobilenet_v1_coco_quant_postprocess",
		"yolo":                           "model list",
		"":                               "model list",
		strings.Repeat("x", 1e5):         "model list",
	} {
		_, err := Find(name)
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 {
			t.Errorf("%.50q: %.300v; want %s", name, err, want)
		}
	}
}

// TestPulled looks for models in the folder of a service, of a user, and of root.
func TestPulled(t *testing.T) {
	m, err := Find("inception_v1_224_quant")
	if err != nil {
		t.Fatal(err)
	}
	state, data := t.TempDir(), t.TempDir()
	t.Setenv("STATE_DIRECTORY", "")
	t.Setenv("XDG_DATA_HOME", data)
	want := filepath.Join(data, "inceptiond", "models")
	if os.Geteuid() == 0 {
		want = system
	}
	if got, err := Folder(); err != nil || got != want {
		t.Errorf("the folder is %s, %v; want %s", got, err, want)
	}
	t.Setenv("STATE_DIRECTORY", state+":/other")
	if got, err := Folder(); err != nil || got != filepath.Join(state, "models") {
		t.Errorf("the service's folder is %s, %v", got, err)
	}
	var missing *MissingError
	if _, err := m.Pulled(); !errors.As(err, &missing) || !errors.Is(err, fs.ErrNotExist) ||
		!strings.Contains(err.Error(), "`sudo inceptiond model pull inception_v1_224_quant`") {
		t.Errorf("error %v", err)
	}
	path := filepath.Join(state, "models", m.File.Name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Pulled(); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v", err)
	}
	os.Remove(path)
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := m.Pulled(); err != nil || got != path {
		t.Errorf("%s, %v", got, err)
	}
}

func TestBlob(t *testing.T) {
	// `printf 'hello\n' | git hash-object --stdin`
	if id, err := Blob(strings.NewReader("hello\n"), 6); err != nil || id != "ce013625030ba8dba906f756967f9e9ca394464a" {
		t.Errorf("%s, %v", id, err)
	}
	if _, err := Blob(strings.NewReader("hello\n"), 7); err == nil {
		t.Error("no error though it is too short")
	}
}

// TestVerify holds files to what is known of them: the catalogue's SHA-256, the pinned one, or the blob id.
func TestVerify(t *testing.T) {
	data, path := []byte("hello\n"), filepath.Join(t.TempDir(), "net.tflite")
	sum := func(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }
	id, err := Blob(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	pin := func(text string) {
		if err := os.WriteFile(PinName(path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f := File{Name: "net.tflite", Blob: id}
	check := func(what string, f File, data string, good bool) {
		t.Helper()
		if err := f.Verify(path, sum([]byte(data)), []byte(data)); (err == nil) != good {
			t.Errorf("%s: %v", what, err)
		}
	}
	check("blob id alone", f, "hello\n", true)
	check("blob id alone, changed", f, "hallo\n", false)
	pin(FormatPin(sum(data), f.Name))
	check("pinned", f, "hello\n", true)
	check("pinned, changed", f, "hallo\n", false)
	pin("")
	check("pin without text", f, "hello\n", false)
	f.SHA256 = sum(data)
	check("known", f, "hello\n", true)
	check("known, changed", f, "hallo\n", false)
}

func FuzzPin(f *testing.F) {
	good := strings.Repeat("0a", 32)
	for _, s := range []string{FormatPin(good, "net.tflite"), good, "", good + "  other", strings.ToUpper(good) + "  net.tflite", good + " *net.tflite"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sum, err := ParsePin(text, "net.tflite")
		if err != nil {
			return
		}
		if again, err := ParsePin(FormatPin(sum, "net.tflite"), "net.tflite"); err != nil || again != sum || len(sum) != 64 {
			t.Errorf("%q: %q, then %q, %v", text, sum, again, err)
		}
	})
}

func FuzzFind(f *testing.F) {
	f.Add("pull:inception_v3")
	f.Fuzz(func(t *testing.T, name string) {
		if m, err := Find(name); (err == nil) != (m.Name != "") {
			t.Errorf("%q: %q, %v", name, m.Name, err)
		}
	})
}
