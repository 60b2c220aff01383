package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/internal/testing/memorydir"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// killedMessage is what the test looks at of a result that the daemon printed, and of an event that came.
type killedMessage struct {
	Camera      string
	Boot        string
	Sequence    uint64
	Kind        string
	Monotonic   float64 `json:"monotonic_ms"`
	Predictions []struct{ Index int }
	text        string
}

// moment names a change of a camera's top class.
type moment struct {
	camera    string
	monotonic float64
}

// TestKilledDaemonLosesNoEvent kills the daemon at random moments under load: every change of a top class that it had
// printed arrives as an event, in order, and repeated ones under the same number.
func TestKilledDaemonLosesNoEvent(t *testing.T) {
	needProgram(t, "mosquitto", "mosquitto")
	needProgram(t, "mosquitto_sub", "mosquitto-clients")
	port, dir := freeport.Find(t), memorydir.New(t) // what a process has written is there when it is killed, wherever that is
	startProgram(t, "mosquitto", "-p", port)
	publishtest.Eventually(t, "mosquitto", func() bool { return portTaken("127.0.0.1:" + port) })
	arrived := listen(t, port, "inceptiond/gate/+/event")
	file := filepath.Join(dir, "inceptiond.yaml")
	config := fmt.Sprintf(`
device: gate
mqtt: {broker: "mqtt://127.0.0.1:%s", spool: {path: spool}}
cameras:
  a: {source: demo, demo: {width: 64, height: 64, interval: 25ms}}
  b: {source: demo, demo: {width: 64, height: 64, interval: 40ms}}
`, port)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	kills := 3
	if os.Getenv("CI") == "true" && !testing.Short() {
		kills = 20
	}
	var want []moment
	for range kills {
		want = append(want, runUntilKilled(t, file, func() { time.Sleep(rand.N(600 * time.Millisecond)) })...)
	}
	runUntilKilled(t, file, func() { // the last one sends what is left
		for end := time.Now().Add(time.Minute); missing(arrived(), want) > 0 && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
	})
	if n := missing(arrived(), want); n > 0 {
		t.Errorf("%d of %d changes are lost", n, len(want))
	}
	checkNumbers(t, arrived(), kills+1)
	t.Logf("%d kills, %d changes, 0 lost, %d messages", kills, len(want), len(arrived()))
}

// runUntilKilled runs the daemon, kills it when after its first result wait has returned, and returns the changes that it
// printed. One at the very end it may not have had the time to write.
func runUntilKilled(t *testing.T, file string, wait func()) (changes []moment) {
	t.Helper()
	const unwritten = 100 // ms
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = []string{"inceptiond", "run", "-c", file, "--output", "json"}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	shown, last := map[string]string{}, map[string]float64{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var r killedMessage
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil || r.Predictions == nil {
			continue // cut off, or a status
		}
		if len(last) == 0 {
			go func() {
				wait()
				cmd.Process.Signal(syscall.SIGKILL)
			}()
		}
		last[r.Camera] = r.Monotonic
		if top := fmt.Sprint(r.Predictions[:min(1, len(r.Predictions))]); shown[r.Camera] != top {
			shown[r.Camera] = top
			changes = append(changes, moment{r.Camera, r.Monotonic})
		}
	}
	cmd.Wait()
	if len(last) == 0 {
		t.Fatal("the daemon ended without a result")
	}
	return slices.DeleteFunc(changes, func(m moment) bool { return m.monotonic > last[m.camera]-unwritten })
}

// missing counts the changes of want that did not arrive.
func missing(arrived []killedMessage, want []moment) (n int) {
	there := map[moment]bool{}
	for _, e := range arrived {
		if e.Kind == "label" {
			there[moment{e.Camera, e.Monotonic}] = true
		}
	}
	for _, m := range want {
		if !there[m] {
			n++
		}
	}
	return n
}

// checkNumbers checks that repeated events are the same, that the numbers have gaps only between runs, and that each
// camera's events came in order.
func checkNumbers(t *testing.T, arrived []killedMessage, runs int) {
	t.Helper()
	texts := map[uint64]string{}
	latest, number := map[string]float64{}, map[string]uint64{}
	for _, e := range arrived {
		if text, seen := texts[e.Sequence]; seen {
			if text != e.text {
				t.Errorf("two events have one number:\n%s\n%s", text, e.text)
			}
			continue
		}
		texts[e.Sequence] = e.text
		kind := e.Camera + " " + e.Kind // a camera comes online with a frame, which is a moment older
		if e.Monotonic <= latest[kind] || e.Sequence <= number[e.Camera] {
			t.Errorf("out of order: %s", e.text)
		}
		latest[kind], number[e.Camera] = e.Monotonic, e.Sequence
	}
	numbers := make([]uint64, 0, len(texts))
	for n := range texts {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	gaps := 0
	for i := 1; i < len(numbers); i++ {
		if numbers[i] != numbers[i-1]+1 {
			gaps++
		}
	}
	if gaps > runs-1 {
		t.Errorf("%d gaps in the numbers of %d runs: events are lost", gaps, runs)
	}
}

// listen collects the messages of a topic with mosquitto_sub.
func listen(t *testing.T, port, topic string) func() []killedMessage {
	t.Helper()
	out := startProgram(t, "mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-q", "1", "-t", topic, "-t", "ready")
	var mu sync.Mutex
	var all []killedMessage
	ready := make(chan struct{})
	go func() {
		once := sync.OnceFunc(func() { close(ready) })
		for lines := bufio.NewScanner(out); lines.Scan(); {
			m := killedMessage{text: lines.Text()}
			if json.Unmarshal(lines.Bytes(), &m) != nil {
				once()
				continue
			}
			mu.Lock()
			all = append(all, m)
			mu.Unlock()
		}
	}()
	publishtest.Eventually(t, "the subscription", func() bool {
		exec.Command("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-t", "ready", "-m", "yes").Run()
		select {
		case <-ready:
			return true
		default:
			return false
		}
	})
	return func() []killedMessage {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

// startProgram runs a program until the test ends, and returns its output.
func startProgram(t *testing.T, name string, args ...string) *os.File {
	t.Helper()
	cmd := exec.Command(name, args...)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		r.Close()
	})
	return r
}
