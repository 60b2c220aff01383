//go:build linux

package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/measure"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// soak is how long TestSoak runs: `make soak SOAK=1h`.
var soak = flag.Duration("soak", 0, "let TestSoak run the demo at full speed for so long")

// maxGrowth is how much resident memory TestSoak allows to be added once the daemon has warmed up.
const maxGrowth = 2 << 20

// reading is what the kernel says of a process at one moment.
type reading struct {
	memory  int // resident bytes, all kinds: VmRSS of /proc/PID/status
	threads int
	files   int // open descriptors
}

// read asks the kernel about a process.
func readProcess(pid int) (reading, error) {
	dir := fmt.Sprintf("/proc/%d", pid)
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return reading{}, err
	}
	var r reading
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		var n int
		fmt.Sscan(value, &n) // the lines that count begin with a number
		switch name {
		case "VmRSS":
			r.memory = n << 10
		case "Threads":
			r.threads = n
		}
	}
	files, err := os.ReadDir(dir + "/fd")
	r.files = len(files)
	return r, err
}

// TestSoak runs the whole program, embedded broker and all, on demo scenes as fast as it can, and looks at its memory,
// threads and files: the median of the last tenth of the time against that of the second tenth, as the first is for
// warming up. It does so with a classifier and, at the same time, with a detector whose lists are full.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("takes as long as -soak says (make soak SOAK=1h)")
	}
	t.Run("classifier", func(t *testing.T) {
		t.Parallel()
		testSoak(t, "cameras: {demo: {source: demo, demo: {interval: 1ms}}}\n")
	})
	t.Run("detector", func(t *testing.T) {
		t.Parallel()
		ssd := filepath.Join(shared.Dir(t), "models", "zoo", "ssd_mobilenet_v1_coco.tflite")
		testSoak(t, "models: {ssd: {file: "+ssd+"}}\n"+
			"cameras: {demo: {source: demo, demo: {interval: 1ms}, model: ssd, objects: {threshold: 0.01, max_results: 100}}}\n")
	})
}

// testSoak runs the program with cameras and models of a config.
func testSoak(t *testing.T, config string) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "inceptiond.yaml")
	if err := os.WriteFile(file, []byte("mqtt: {listen: \"127.0.0.1:0\"}\nweb: {listen: \"127.0.0.1:0\"}\n"+config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Args = []string{"inceptiond", "run", "-c", file, "--output", "none"}
	cmd.Env = append(os.Environ(), "STATE_DIRECTORY="+dir)
	log := new(strings.Builder)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	list := watch(t, cmd.Process.Pid)
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the daemon ended with %v", err)
	}
	t.Log(lastLine(log.String()))
	judge(t, list)
}

// watch reads a process a thousand times during the soak.
func watch(t *testing.T, pid int) []reading {
	t.Helper()
	tick := time.NewTicker(*soak / 1000)
	defer tick.Stop()
	list := make([]reading, 0, 1000)
	for len(list) < cap(list) {
		<-tick.C
		r, err := readProcess(pid)
		if err != nil {
			t.Fatalf("after %d of 1000 readings: %v", len(list), err)
		}
		list = append(list, r)
	}
	return list
}

func judge(t *testing.T, list []reading) {
	t.Helper()
	n := len(list)
	early, late := list[n/10:n/5], list[n-n/10:]
	memory := func(r reading) int { return r.memory }
	from, to := measure.Median(early, memory), measure.Median(late, memory)
	t.Logf("memory %.2f MB, at the end %.2f MB (%+.2f MB in %v)", float64(from)/1e6, float64(to)/1e6, float64(to-from)/1e6, *soak)
	if to-from > maxGrowth {
		t.Errorf("memory grew by %d bytes (at most %d)", to-from, maxGrowth)
	}
	files := func(r reading) int { return r.files }
	if from, to := measure.Median(early, files), measure.Median(late, files); to > from {
		t.Errorf("open files grew from %d to %d", from, to)
	}
	threads := func(r reading) int { return r.threads }
	t.Logf("threads %d, at the end %d", measure.Median(early, threads), measure.Median(late, threads))
}

// lastLine is the end of a log.
func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
