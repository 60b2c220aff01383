// Package bundles has small bundles that were made once, by `inceptiond bundle`, of cameras of the demo with models that tests can make
// anew: each is a regression test, for whoever replays it.
//
//	go test ./daemon -run GoldenBundles -update
//
// makes them anew, which is only right where what they hold has changed on purpose.
package bundles

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

// Case is a bundle.
type Case struct {
	Name    string
	Frames  int    // of each camera
	Kernels string // that it is made with; empty: the fastest
	config  string
}

// Cases are all bundles.
func Cases() []Case {
	return []Case{
		{"votes", 14, "", votes}, // 8 bits: a class is decided by votes, a group and a label that nobody decides
		{"counts", 10, "", counts},
		{"float32", 12, "go", float32s}, // whose last places every processor can compute
	}
}

const votes = `
device: votes
mqtt: {broker: "off"}
web: {listen: ""}
cameras:
  hall:
    source: demo
    demo: {width: 48, height: 40, interval: 20ms, seed: 3}
    model: demo
    top_k: 3
    fit: crop
    decision:
      enter: 0.3
      leave: 0.2
      margin: 0.05
      need: 1
      window: 1
      cooldown: 60ms
      ignore: [blue*]
      groups: {red: [red*]}
`

// The frames of a camera that is turned and masked, and of a view of it: things are counted, a second model looks at them, and the view
// has an answer of its own.
const counts = `
device: counts
mqtt: {broker: "off"}
web: {listen: ""}
models:
  quarters: {file: "sha256:QUARTERS"}
cameras:
  yard:
    source: demo
    demo: {width: 48, height: 64, interval: 20ms, seed: 8}
    rotate: 90
    mask: [[0, 0, 0.3, 0, 0, 0.4]]
    model: quarters
    objects: {threshold: 0.5, max_results: 4}
    decision: {enter: 0.6, leave: 0.5, need: 1, window: 1}
    then: {model: demo, max_crops: 2}
  left:
    source: view
    view: {of: yard}
    region: {x: 0, y: 0, width: 0.5, height: 1}
    fit: letterbox
    model: demo
    decision: {enter: 0.4, leave: 0.3, need: 1, window: 1}
`

const float32s = `
device: float32
mqtt: {broker: "off"}
web: {listen: ""}
models:
  colours: {file: "sha256:COLOURS", scores: raw}
cameras:
  door:
    source: demo
    demo: {width: 56, height: 40, interval: 20ms, seed: 11}
    flip: horizontal
    model: colours
    decision: {enter: 0.4, leave: 0.35, need: 1, window: 1}
`

// networks are the models that are made here, by what stands for them in configs.
func networks() map[string]*model.Model {
	return map[string]*model.Model{"QUARTERS": graphs.Quarters(), "COLOURS": graphs.Colours()}
}

// Models writes the models to a folder, as `inceptiond model pull` does.
func Models(t testing.TB, folder string) {
	t.Helper()
	for _, m := range networks() {
		data, sum := bytesOf(t, m)
		if err := os.WriteFile(filepath.Join(folder, "sha256-"+sum), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func bytesOf(t testing.TB, m *model.Model) (data []byte, sum string) {
	t.Helper()
	data, err := write.Model(m)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(data)
	return data, hex.EncodeToString(hash[:])
}

// Config is the config that a bundle is made of, in which models are named by their hashes.
func (c *Case) Config(t testing.TB) string {
	t.Helper()
	config := c.config
	for word, m := range networks() {
		_, sum := bytesOf(t, m)
		config = strings.ReplaceAll(config, word, sum)
	}
	return config
}

//go:embed testdata
var made embed.FS

// Open is the bundle.
func (c *Case) Open(t testing.TB) *bundle.Bundle {
	t.Helper()
	data, err := made.ReadFile(path.Join("testdata", c.File()))
	if err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FramesFlag is Frames as a command line has it.
func (c *Case) FramesFlag() string { return strconv.Itoa(c.Frames) }

// File is the name of the bundle's file in testdata.
func (c *Case) File() string { return c.Name + ".tar" }
