package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/catalogue/pull"
)

func TestProgressLine(t *testing.T) {
	for _, tt := range []struct {
		now  pull.Progress
		rate float64
		want string
	}{
		{pull.Progress{Name: "a.tflite", Have: 1_800_000, Size: 3_600_000}, 410e3, "[##########----------] 1.8 MB of 3.6 MB, 0.4 MB/s  a.tflite"},
		{pull.Progress{Name: "a.tflite", Have: 0, Size: 900}, 0, "[--------------------] 0 bytes of 900 bytes, 0 bytes/s  a.tflite"},
		{pull.Progress{Name: "a.tflite", Have: 900, Size: 900}, 5e3, "[####################] 900 bytes of 900 bytes, 5 kB/s  a.tflite"},
		{pull.Progress{Name: "a.tflite", Have: 2000, Size: 900}, 1, "[####################] 2 kB of 900 bytes, 1 bytes/s  a.tflite"},
		{pull.Progress{Name: "a.tflite", Have: 12_300_000}, 2e6, "12.3 MB, 2.0 MB/s  a.tflite"},
	} {
		if got := progressLine(tt.now, tt.rate); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.now, got, tt.want)
		}
	}
}

// TestProgress shows a bar on a terminal, and elsewhere a line now and then.
func TestProgress(t *testing.T) {
	for terminal, want := range map[bool]string{
		true:  "\r[##########----------] 50 kB of 100 kB, 50 kB/s  a\x1b[K\r\x1b[K",
		false: "[##########----------] 50 kB of 100 kB, 50 kB/s  a\n",
	} {
		var out bytes.Buffer
		p := newProgress(&out)
		p.terminal = terminal
		p.report(pull.Progress{Name: "a", Have: 1, Size: 99_999})
		p.report(pull.Progress{Name: "a", Have: 2, Size: 99_999}) // too soon
		if out.Len() > 0 {
			t.Errorf("it shows %q at once", &out)
		}
		p.first, p.from = time.Now().Add(-time.Second), time.Now().Add(-time.Minute)
		p.report(pull.Progress{Name: "a", Have: 50_000, Size: 99_999})
		p.report(pull.Progress{Name: "a", Have: 60_000, Size: 99_999})
		p.clear()
		if got := out.String(); !strings.HasPrefix(got, strings.SplitAfter(want, "of 100 kB, ")[0]) || !strings.HasSuffix(got, want[strings.Index(want, "  a"):]) {
			t.Errorf("terminal %v: %q, want about %q", terminal, got, want)
		}
	}
}

// TestIsTerminal tells terminals from other devices, which nobody sits at.
func TestIsTerminal(t *testing.T) {
	for path, want := range map[string]bool{"/dev/ptmx": true, os.DevNull: false, t.TempDir(): false} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got := isTerminal(f); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if isTerminal(strings.NewReader("y\n")) || isTerminal(nil) {
		t.Error("what is no file is a terminal")
	}
}
