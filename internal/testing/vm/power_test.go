package vm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// powerConfig has two cameras whose top classes change a few times a second, and a spool that syncs every event.
const powerConfig = `
device: vm
mqtt:
  broker: mqtt://127.0.0.1
  spool: {path: /var/lib/spool, max_writes: 0}
cameras:
  a: {source: demo, demo: {width: 64, height: 64, interval: 300ms}}
  b: {source: demo, demo: {width: 64, height: 64, interval: 400ms}}
`

// answer is what the test looks at of results and events.
type answer struct {
	Camera      string
	Kind        string
	Boot        string
	Sequence    uint64
	Monotonic   float64 `json:"monotonic_ms"`
	Predictions []struct{ Index int }
}

// TestPowerCut cuts the guest's power while events are written, twice, and looks at what is left: all that had happened
// but for the last event of a camera, in order. The broker is away all the time, so nothing but the disk has them.
func TestPowerCut(t *testing.T) {
	for _, arch := range Architectures(t) {
		if arch == "arm" || testing.Short() && arch != "amd64" {
			continue // the machine of arm is that of arm64
		}
		t.Run(arch, func(t *testing.T) { powerCut(t, arch) })
	}
}

func powerCut(t *testing.T, arch string) {
	g := New(t, arch)
	g.GoBuild(t, "inceptiond", "./daemon")
	if err := os.WriteFile(filepath.Join(g.Dir, "power.yaml"), []byte(powerConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	o := Options{Disk: filepath.Join(t.TempDir(), "disk.qcow2")}
	const daemon = "./inceptiond run -c power.yaml --output "
	happened := map[string][]float64{} // per camera: when its top class changed
	for range 2 {
		out, status := g.Run(t, o, daemon+"json | tee out & until [ $(grep -c predictions out) -ge 60 ]; do sleep 0.05; done; "+
			"echo b >/proc/sysrq-trigger; sleep 60")
		if status == 0 || status == StatusLate {
			t.Fatalf("status %d, want a power cut\n%s", status, out)
		}
		for camera, times := range changes(out) {
			happened[camera] = append(happened[camera], times...)
		}
	}
	out, _ := g.Run(t, o, "systemctl start mosquitto; sleep 2; mosquitto_sub -q 1 -t 'inceptiond/vm/+/event' -W 25 & "+
		"sleep 2; timeout -s INT 15 "+daemon+"none; wait") // its status is mosquitto_sub's, whose time is up
	left := events(out)
	for _, camera := range []string{"a", "b"} {
		missing, err := compare(happened[camera], left[camera])
		if err != nil {
			t.Errorf("camera %s: %v", camera, err)
		}
		t.Logf("camera %s: %d changes, %d of them not left by the power cuts", camera, len(happened[camera]), missing)
		if len(happened[camera]) < 10 || missing > 2 {
			t.Errorf("camera %s: %d of %d changes are gone after two power cuts, want one for each at most\n%s",
				camera, missing, len(happened[camera]), out)
		}
	}
}

// changes are the moments at which the results that a daemon printed have another top class than before, by camera.
func changes(output string) map[string][]float64 {
	times, shown := map[string][]float64{}, map[string]string{}
	for _, a := range answers(output) {
		top := "none"
		if a.Camera == "" || a.Predictions == nil {
			continue
		}
		if len(a.Predictions) > 0 {
			top = fmt.Sprint(a.Predictions[0].Index)
		}
		if shown[a.Camera] != top {
			shown[a.Camera] = top
			times[a.Camera] = append(times[a.Camera], a.Monotonic)
		}
	}
	return times
}

// events are the moments of the events of top classes that came, each number once, by camera.
func events(output string) map[string][]float64 {
	times, seen := map[string][]float64{}, map[string]bool{}
	for _, a := range answers(output) {
		number := fmt.Sprint(a.Boot, a.Sequence)
		if a.Kind != "label" || seen[number] {
			continue
		}
		seen[number] = true
		times[a.Camera] = append(times[a.Camera], a.Monotonic)
	}
	return times
}

// answers are the lines of JSON in what a command printed.
func answers(output string) (all []answer) {
	for line := range bytes.Lines([]byte(output)) {
		var a answer
		if bytes.HasPrefix(line, []byte("{")) && json.Unmarshal(line, &a) == nil {
			all = append(all, a)
		}
	}
	return all
}

// compare tells how many of the moments in want are not in got, which may have others; those that are must be in order.
func compare(want, got []float64) (missing int, err error) {
	at := 0
	for _, moment := range want {
		i := slices.Index(got[at:], moment)
		switch {
		case i >= 0:
			at += i + 1
		case slices.Contains(got, moment):
			return missing, fmt.Errorf("the change at %v ms is out of order", moment)
		default:
			missing++
		}
	}
	return missing, nil
}
