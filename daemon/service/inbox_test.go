package service

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// collector is an inbox of the name gate, for a camera with a budget.
type collector struct {
	*inboxes
	folder  string
	now     time.Time
	changes int
	logs    *observer.ObservedLogs
}

func newCollector(t *testing.T, budget int64) *collector {
	core, logs := observer.New(zapcore.InfoLevel)
	c := &collector{folder: filepath.Join(t.TempDir(), "teach"), now: time.Unix(1e9, 0), logs: logs}
	p := &plan.Plan{Teach: plan.Teach{Folder: c.folder, MaxPictures: 3, MaxBytes: 1 << 20}, Cameras: map[string]plan.Camera{
		"drive": {Taught: "gate", Collect: &plan.Collect{Budget: budget}}, "yard": {Taught: "gate"},
	}}
	c.inboxes = newInboxes(zap.New(core), func() *plan.Plan { return p }, func(string) { c.changes++ })
	c.inboxes.now = func() time.Time { return c.now }
	return c
}

// see keeps a picture of that grey.
func (c *collector) see(t *testing.T, camera string, grey uint8) int {
	jpeg := taught.Picture(t, 16, 16, color.RGBA{grey, grey, grey, 255})
	c.keep(camera, pipeline.Sample{JPEG: jpeg, Time: c.now, Label: "open", Score: 0.4, Why: pipeline.DoubtUnsure})
	return len(jpeg)
}

func (c *collector) inbox(t *testing.T) (list []store.Picture) {
	t.Helper()
	n, err := store.Open(c.folder, store.Limits{}).Name("gate")
	if err == nil {
		list, _, err = n.List(store.Inbox)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func begin(t *testing.T, folder string) {
	t.Helper()
	if _, err := store.Open(folder, store.Limits{}).New("gate", store.Base{Name: "base.tflite", File: "base.tflite", SHA256: strings.Repeat("0", 64)}); err != nil {
		t.Fatal(err)
	}
}

func TestInbox(t *testing.T) {
	c := newCollector(t, 0)
	begin(t, c.folder)
	size := c.see(t, "drive", 10)
	c.see(t, "drive", 10) // the same again
	c.see(t, "yard", 20)  // a camera that collects nothing any more
	list := c.inbox(t)
	if len(list) != 1 || list[0].Note != (store.Note{Camera: "drive", Time: c.now.UTC(), Label: "open", Score: 0.4, Why: "unsure"}) {
		t.Errorf("%+v", list)
	}
	if c.written.Load() != int64(size) || c.changes != 1 {
		t.Errorf("%d bytes written, %d changes", c.written.Load(), c.changes)
	}
	for grey := range uint8(5) {
		c.see(t, "drive", 50+20*grey)
	}
	if n := len(c.inbox(t)); n != 3 {
		t.Errorf("%d wait for a label, at most 3", n)
	}
}

func TestInboxKeepsToItsBudget(t *testing.T) {
	c := newCollector(t, 1000)
	begin(t, c.folder)
	kept := 0
	for grey := range uint8(10) {
		c.see(t, "drive", 20*grey)
	}
	kept = int(c.written.Load())
	if kept == 0 || kept > 1000 {
		t.Errorf("%d bytes in a day, at most 1000", kept)
	}
	if n := c.logs.FilterMessageSnippet("budget").Len(); n != 1 {
		t.Errorf("said %d times", n)
	}
	c.now = c.now.Add(24 * time.Hour)
	c.see(t, "drive", 205)
	if c.written.Load() == int64(kept) {
		t.Error("nothing is kept on the next day")
	}
}

// What stands in the way is said once, and is a reason until it is gone.
func TestInboxInTrouble(t *testing.T) {
	c := newCollector(t, 0)
	c.see(t, "drive", 10)
	c.see(t, "drive", 30)
	if why := c.problem("gate"); !strings.Contains(why, "`inceptiond teach new gate --base MODEL`") || strings.Contains(why, "current") || c.changes != 1 {
		t.Errorf("%s; %d changes", why, c.changes)
	}
	begin(t, c.folder)
	c.see(t, "drive", 50)
	if why := c.problem("gate"); why != "" {
		t.Error(why)
	}
	inbox := filepath.Join(c.folder, "gate", "inbox")
	if err := os.RemoveAll(inbox); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(inbox, nil, 0o600); err != nil { // in the way of the folder, also for root
		t.Fatal(err)
	}
	c.see(t, "drive", 70)
	c.see(t, "drive", 90)
	if why := c.problem("gate"); why == "" {
		t.Error("no trouble, and there is no folder")
	}
	if warned, again := c.logs.FilterMessage("no picture is collected").Len(), c.logs.FilterMessage("pictures are collected again").Len(); warned != 2 || again != 1 {
		t.Errorf("warned %d times, well again %d times", warned, again)
	}
}

// A running camera collects what its model is not sure of, and subscribers hear of it.
func TestCollecting(t *testing.T) {
	teach := t.TempDir()
	taught.Version(t, teach, "gate", open, shut)
	text := fmt.Sprintf(`
mqtt: {broker: off}
teach: {folder: %q}
models: {gate: {file: "taught:gate", engine: cpu}}
cameras:
  a: {source: files, files: {paths: [%q], loop: true, interval: 5ms}, model: gate, collect: {what: unsure}, snapshot: {interval: 0s}}
`, teach, pictures(t, open, shut, other))
	s := startService(t, text)
	c := collector{folder: teach}
	publishtest.Eventually(t, "the stranger", func() bool { return len(c.inbox(t)) > 0 })
	for _, p := range c.inbox(t) {
		if p.Note.Why != "unknown" || p.Note.Camera != "a" {
			t.Errorf("collected %+v", p.Note)
		}
	}
	publishtest.Eventually(t, "what was written to be counted", func() bool { return s.service.Overview().Written["teach"] > 0 })
}
