package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestModelList holds the JSON to its schema, before and after a model is fetched.
func TestModelList(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	list := func() (models map[string]listedModel) {
		var out bytes.Buffer
		if code := execute(t.Context(), []string{"model", "list", "--json"}, streams{nil, &out, io.Discard}); code != exitOK {
			t.Fatalf("ended with %d", code)
		}
		checkSchema(t, "model-list", out.String())
		var r catalogueReport
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		models = map[string]listedModel{}
		for _, m := range r.Models {
			models[m.Name] = m
		}
		return models
	}
	if m := list()["inception_v4_299_quant"]; m.Input != 299 || m.File.Path != "" || m.File.URL != catalogue.Source+"inception_v4_299_quant.tflite" {
		t.Errorf("%+v", m)
	}
	pullFromShared(t, "mobilenet_v2_1.0_224_quant")
	if m := list()["mobilenet_v2_1.0_224_quant"]; !strings.HasSuffix(m.File.Path, m.Name+".tflite") || m.Labels.Path == "" {
		t.Errorf("%+v", m)
	}
}

// hosted lays out the shared files as they are hosted.
func hosted(t *testing.T) (dir string) {
	t.Helper()
	from, dir := shared.Dir(t), t.TempDir()
	for name, path := range map[string]string{
		"mobilenet_v2_1.0_224_quant.tflite":           "models/mobilenet_v2_1.0_224_quant.tflite",
		"mobilenet_v2_1.0_224_inat_bird_quant.tflite": "models/mobilenet_v2_1.0_224_inat_bird_quant.tflite",
		"mobilenet_v1_0.25_128_quant.tflite":          "models/mobilenet_v1_0.25_128_quant.tflite",
		"tf2_mobilenet_v2_1.0_224_ptq.tflite":         "models/tf2_mobilenet_v2_1.0_224_ptq.tflite",
		"imagenet_labels.txt":                         "models/imagenet_1001_labels.txt",
		"inat_bird_labels.txt":                        "models/inat_bird_labels.txt",
		"cat_720p.jpg":                                "pictures/cat_720p.jpg",
	} {
		if err := os.Symlink(filepath.Join(from, path), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// pullFromShared runs `inceptiond model pull --from` with the shared files.
func pullFromShared(t *testing.T, name string) {
	t.Helper()
	var out, stderr bytes.Buffer
	if code := execute(t.Context(), []string{"model", "pull", name, "--from", hosted(t)}, streams{nil, &out, &stderr}); code != exitOK {
		t.Fatalf("ended with %d: %s", code, &stderr)
	}
	if !strings.HasPrefix(out.String(), "pull:"+name+"  ") || !strings.Contains(out.String(), "fetched and checked: ") {
		t.Errorf("it said %q", &out)
	}
}

// TestPulledModels has every command use networks that were fetched, and labels with them.
func TestPulledModels(t *testing.T) {
	state := t.TempDir()
	t.Setenv("STATE_DIRECTORY", state)
	picture := filepath.Join(shared.Dir(t), "pictures", "cat_720p.jpg")
	bird := filepath.Join(shared.Dir(t), "pictures", "parrot.jpg")
	run := func(args ...string) (out, stderr bytes.Buffer, code int) {
		code = execute(t.Context(), args, streams{nil, &out, &stderr})
		return out, stderr, code
	}
	for name, want := range map[string][2]string{
		"mobilenet_v2_1.0_224_quant":           {picture, "tabby, tabby cat"},
		"tf2_mobilenet_v2_1.0_224_ptq":         {picture, "Egyptian cat"},
		"mobilenet_v1_0.25_128_quant":          {picture, "tiger cat"},
		"mobilenet_v2_1.0_224_inat_bird_quant": {bird, "Macaw"},
	} {
		pullFromShared(t, name)
		if out, stderr, code := run("classify", "-m", "pull:"+name, want[0]); code != exitOK || !strings.Contains(out.String(), want[1]) {
			t.Errorf("%s: ended with %d, %s%s; want %s", name, code, &out, &stderr, want[1])
		}
	}
	out, stderr, code := run("model", "info", "pull:mobilenet_v2_1.0_224_quant")
	if code != exitOK || !strings.Contains(out.String(), "7aad0c74c5e3c06e5eb3c827e13304fdd68a83da6087d92ee169c24ff9fd4776") || !strings.Contains(out.String(), "1001") {
		t.Errorf("model info: ended with %d, %s%s", code, &out, &stderr)
	}
	if out, stderr, code := run("bench", "-m", "pull:mobilenet_v1_0.25_128_quant", "-r", "1"); code != exitOK {
		t.Errorf("bench: ended with %d, %s%s", code, &out, &stderr)
	}
	config := filepath.Join(t.TempDir(), "inceptiond.yaml")
	text := "models: {cats: {file: 'pull:mobilenet_v2_1.0_224_quant'}}\ncameras: {yard: {source: demo, model: cats}}\nmqtt: {broker: off}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, stderr, code := run("config", "check", config); code != exitOK {
		t.Errorf("config check: ended with %d, %s%s", code, &out, &stderr)
	}

	// Somebody changes a byte of the model, or a label.
	for name, place := range map[string]int64{"mobilenet_v2_1.0_224_quant.tflite": 3_000_000, "imagenet_labels.txt": 30} {
		file, err := os.OpenFile(filepath.Join(state, "models", name), os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteAt([]byte{'~'}, place); err != nil {
			t.Fatal(err)
		}
		file.Close()
		for _, args := range [][]string{{"config", "check", config}, {"classify", "-m", "pull:mobilenet_v2_1.0_224_quant", picture}} {
			_, stderr, code := run(args...)
			if want := name + " is not what was fetched"; code != exitError || !strings.Contains(stderr.String(), want) ||
				!strings.Contains(stderr.String(), "`inceptiond model pull mobilenet_v2_1.0_224_quant` fetches it anew") {
				t.Errorf("%v: ended with %d, %s; want %q", args, code, &stderr, want)
			}
		}
		pullFromSharedAgain(t)
	}
}

// pullFromSharedAgain mends what has been damaged.
func pullFromSharedAgain(t *testing.T) {
	t.Helper()
	var out, stderr bytes.Buffer
	args := []string{"model", "pull", "mobilenet_v2_1.0_224_quant", "--from", hosted(t)}
	if code := execute(t.Context(), args, streams{nil, &out, &stderr}); code != exitOK {
		t.Fatalf("ended with %d: %s", code, &stderr)
	}
}

// TestDaemonFetchesNothing has a daemon want a model that is not there, while whoever it might call listens.
func TestDaemonFetchesNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	called := make(chan bool, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			c.Close()
		}
		called <- err == nil
	}()
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"} {
		t.Setenv(name, "http://"+l.Addr().String())
	}
	config := filepath.Join(t.TempDir(), "inceptiond.yaml")
	text := "models: {cats: {file: 'pull:inception_v1_224_quant'}}\ncameras: {yard: {source: demo, model: cats}}\nmqtt: {broker: off}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"run", "-c", config}, {"config", "check", config}, {"doctor", "-c", config}} {
		var out, stderr bytes.Buffer
		code := execute(t.Context(), args, streams{nil, &out, &stderr})
		if said := out.String() + stderr.String(); code != exitError || !strings.Contains(said, "sudo inceptiond model pull inception_v1_224_quant") {
			t.Errorf("%v: ended with %d, %s", args, code, said)
		}
	}
	l.Close()
	if <-called {
		t.Error("it opened a connection")
	}
}
