package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
)

var update = flag.Bool("update", false, "write the examples")

const folder = "../../../docs/examples"

func TestExamplesAreCurrent(t *testing.T) {
	for name, want := range files() {
		path := filepath.Join(folder, name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not current (%v): go test ./internal/gen/examples -update", name, err)
		}
	}
}

// Every topic of the flow that is ours is one of a kind or a command, and nothing that is sent is to be retained.
func TestTopicsOfTheFlow(t *testing.T) {
	known := map[string]bool{}
	for _, k := range publish.Kinds() {
		known[k.Topic] = k.Names == ""
		known[k.Topic+"/person"] = k.Names != ""
	}
	for _, r := range control.Rules() {
		known[string(r.Kind)+"/set"] = true
	}
	var nodes []map[string]any
	if err := json.Unmarshal(flow(), &nodes); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, n := range nodes {
		ids[n["id"].(string)] = true
		topic, _ := n["topic"].(string)
		if rest, ours := strings.CutPrefix(topic, "inceptiond/"); ours {
			if _, last, _ := strings.Cut(rest[strings.Index(rest, "/")+1:], "/"); !known[last] {
				t.Errorf("%s: topic %s", n["id"], topic)
			}
		}
		if n["type"] == "mqtt out" && n["retain"] != "false" {
			t.Errorf("%s: retain %v", n["id"], n["retain"])
		}
	}
	wires := regexp.MustCompile(`"wires": \[[^\]]*\]`).FindAll(flow(), -1)
	for _, id := range regexp.MustCompile(`"([a-z-]+)"`).FindAllStringSubmatch(string(bytes.Join(wires, nil)), -1) {
		if id[1] != "wires" && !ids[id[1]] {
			t.Errorf("a wire goes to %s", id[1])
		}
	}
}

// Every field that Telegraf takes is one of the message.
func TestTelegraf(t *testing.T) {
	text := string(telegraf())
	for _, kind := range []string{"stats", "decision", "system"} {
		schema, err := os.ReadFile("../../../docs/schema/" + kind + ".json")
		if err != nil {
			t.Fatal(err)
		}
		_, section, ok := strings.Cut(text, `name_override = "inceptiond_`+kind+`"`)
		if !ok {
			t.Fatalf("no section of %s", kind)
		}
		section, _, _ = strings.Cut(section, "\n[[inputs.mqtt_consumer]]")
		for _, m := range regexp.MustCompile(`path = "([a-z_]+)"`).FindAllStringSubmatch(section, -1) {
			if !bytes.Contains(schema, []byte(`"`+m[1]+`": {`)) {
				t.Errorf("%s has no %s", kind, m[1])
			}
		}
	}
}

// Python's parser takes the file for Telegraf as TOML, with all its inputs.
func TestTelegrafIsTOML(t *testing.T) {
	if exec.Command("python3", "-c", "import tomllib").Run() != nil {
		shared.Missing(t, "python3 with tomllib (3.11 and newer) is not installed")
	}
	cmd := exec.Command("python3", "-c", `import sys, tomllib
print(*(i["name_override"] for i in tomllib.load(sys.stdin.buffer)["inputs"]["mqtt_consumer"]))`)
	cmd.Stdin = bytes.NewReader(telegraf())
	out, err := cmd.CombinedOutput()
	if want := "inceptiond_stats inceptiond_decision inceptiond_count inceptiond_system\n"; err != nil || string(out) != want {
		t.Errorf("%v: %s, want %s", err, out, want)
	}
}
