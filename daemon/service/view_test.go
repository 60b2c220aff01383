package service

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// driveConfig is a config of one camera, drive, none of whose pictures is skipped, and of more cameras.
func driveConfig(t *testing.T) func(more string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "drive.png")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 32, 32))); err != nil {
		t.Fatal(err)
	}
	return func(more string) string {
		return "mqtt: {broker: off}\nmodels: {demo: {threads: 1}}\ncameras:\n" +
			"  drive: {source: files, files: {paths: ['" + file + "'], loop: true, interval: 2ms}}\n" + more
	}
}

// sequences are the numbers of a camera's results so far.
func (a *atWork) sequences(camera string) (list []uint64) {
	for _, r := range a.record.Results() {
		if r.Camera == camera {
			list = append(list, r.Sequence)
		}
	}
	return list
}

// unbroken checks that a camera's results are of frame 1, 2, 3 and so on.
func (a *atWork) unbroken(camera string) {
	a.t.Helper()
	for i, got := range a.sequences(camera) {
		if got != uint64(i+1) {
			a.t.Fatalf("result %d of %s is of frame %d", i+1, camera, got)
		}
	}
}

// wantStates compares all states of cameras.
func (a *atWork) wantStates(want map[string]string) {
	a.t.Helper()
	for camera, want := range want {
		if got := a.states(camera); got != want {
			a.t.Errorf("camera %s was %s, want %s", camera, got, want)
		}
	}
}

// A view comes, changes and goes, and its camera goes on: no device is opened again, no frame is missed, none counted anew.
func TestReloadOfAViewLeavesItsCameraAlone(t *testing.T) {
	config := driveConfig(t)
	s := startService(t, config(""))
	s.goesOn("drive")
	for _, step := range []struct{ views, kept, started, stopped string }{
		{"  door: {source: view, view: {of: drive}}\n", "[drive]", "[door]", "[]"},
		{"  door: {source: view, view: {of: drive}, top_k: 1, region: {x: 0.5, width: 0.5}}\n", "[drive]", "[door]", "[door]"},
		{"  door: {source: view, view: {of: drive}, top_k: 1, region: {x: 0.5, width: 0.5}}\n  post: {source: view, view: {of: drive}}\n",
			"[door drive]", "[post]", "[]"},
		{"  post: {source: view, view: {of: drive}}\n", "[drive post]", "[]", "[door]"},
	} {
		before := s.last("drive")
		entry, _ := s.reload(config(step.views))
		check(t, entry, map[string]string{"cameras_kept": step.kept, "cameras_started": step.started, "cameras_stopped": step.stopped})
		s.goesOn("drive")
		for _, name := range strings.Fields(strings.Trim(step.started, "[]")) {
			s.goesOn(name)
			if got := s.last(name); got <= before {
				t.Errorf("%s counts frame %d, and its camera was at %d before", name, got, before)
			}
		}
	}
	s.wantStates(map[string]string{
		"drive": "connecting online", "door": "connecting online stopped connecting online stopped", "post": "connecting online",
	})
	s.unbroken("drive")
	if s.opens.Load() != 1 {
		t.Errorf("the device was opened %d times", s.opens.Load())
	}
	if post := s.sequences("post"); post[len(post)-1]-post[0] != uint64(len(post)-1) {
		t.Errorf("the view has %d pictures of %d to %d", len(post), post[0], post[len(post)-1])
	}
}

// A view is made anew with its camera, and goes with it; the model of a view is a matter of that view.
func TestReloadOfACameraRestartsItsViews(t *testing.T) {
	config := driveConfig(t)
	model := filepath.Join(t.TempDir(), "m.tflite")
	write := func() {
		t.Helper()
		if err := os.WriteFile(model+".next", demomodel.Model(), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(model+".next", model); err != nil {
			t.Fatal(err)
		}
	}
	write()
	all := func(more string) string {
		return strings.Replace(config("  door: {source: view, view: {of: drive}, model: m}\n  other: {demo: {width: 32, height: 32, interval: 5ms}}\n"),
			"models: {", "models: {m: {file: "+model+", threads: 1}, ", 1) + more
	}
	s := startService(t, all(""))
	s.goesOn("drive")
	s.goesOn("door")
	write()
	entry, _ := s.reload(all(""))
	check(t, entry, map[string]string{"cameras_kept": "[drive other]", "cameras_started": "[door]", "models_loaded": "[m]"})
	s.goesOn("door")
	s.unbroken("drive")

	entry, _ = s.reload(strings.Replace(all(""), "interval: 2ms}", "interval: 2ms}, rotate: 90", 1))
	check(t, entry, map[string]string{"cameras_kept": "[other]", "cameras_started": "[door drive]", "cameras_stopped": "[door drive]", "models_loaded": "[]"})
	publishtest.Eventually(t, "the view to count anew with its camera", func() bool {
		return s.states("door") == "connecting online stopped connecting online stopped connecting online"
	})
	s.goesOn("drive")

	entry, _ = s.reload("mqtt: {broker: off}\nmodels: {demo: {threads: 1}}\ncameras:\n  other: {demo: {width: 32, height: 32, interval: 5ms}}\n")
	check(t, entry, map[string]string{"cameras_kept": "[other]", "cameras_stopped": "[door drive]", "models_unloaded": "[m]"})
	s.goesOn("other")
	s.wantStates(map[string]string{
		"drive": "connecting online stopped connecting online stopped",
		"door":  "connecting online stopped connecting online stopped connecting online stopped",
		"other": "connecting online",
	})
	if s.opens.Load() != 3 {
		t.Errorf("devices were opened %d times, want 3", s.opens.Load())
	}
}

// A camera and its view change places.
func TestReloadExchangesACameraAndItsView(t *testing.T) {
	config := driveConfig(t)
	s := startService(t, config("  door: {source: view, view: {of: drive}}\n"))
	s.goesOn("door")
	s.goesOn("drive")
	swap := strings.NewReplacer("drive:", "door:", "door:", "drive:", "of: drive", "of: door")
	entry, _ := s.reload(swap.Replace(config("  door: {source: view, view: {of: drive}}\n")))
	check(t, entry, map[string]string{"cameras_kept": "[]", "cameras_started": "[door drive]", "cameras_stopped": "[door drive]"})
	for _, camera := range []string{"door", "drive"} {
		publishtest.Eventually(t, camera+" to be back", func() bool { return s.states(camera) == "connecting online stopped connecting online" })
	}
	if s.opens.Load() != 2 {
		t.Errorf("devices were opened %d times, want 2", s.opens.Load())
	}
}

func TestReloadRefusesBadViews(t *testing.T) {
	config := driveConfig(t)
	s := startService(t, config("  door: {source: view, view: {of: drive}}\n"))
	s.goesOn("drive")
	for bad, problem := range map[string]string{
		"  door: {source: view, view: {of: gone}}\n":                                                   "inceptiond.yaml:6: cameras.door.view.of: there is no camera \"gone\"",
		"  door: {source: view, view: {of: post}}\n  post: {source: view, view: {of: drive}}\n":        "inceptiond.yaml:6: cameras.door.view.of: \"post\" is a view itself",
		"  door: {source: view, view: {of: door}}\n":                                                   "inceptiond.yaml:6: cameras.door.view.of: \"door\" is a view itself",
		"  door: {source: view, view: {of: drive}, rotate: 90}\n":                                      "inceptiond.yaml:6: cameras.door.rotate: belongs to the camera",
		"  door: {source: view, view: {of: drive}}\n  post: {source: view, view: {of: drive, x: 1}}\n": "inceptiond.yaml:7:",
	} {
		if _, status := s.reload(config(bad)); status.State != publish.ConfigRefused || !strings.Contains(strings.Join(status.Problems, "\n"), problem) {
			t.Errorf("%s: %+v, want it refused for %s", bad, status, problem)
		}
	}
	s.goesOn("door")
	s.wantStates(map[string]string{"drive": "connecting online", "door": "connecting online"})
	s.unbroken("drive")
	s.unbroken("door")
}

// A view that comes when its camera's pictures are all done has ended, as that has; it is no reason to begin them again.
func TestReloadGivesAViewToACameraThatHasEnded(t *testing.T) {
	config := driveConfig(t)
	once := func(more string) string {
		return strings.Replace(config("  other: {demo: {width: 32, height: 32, interval: 5ms}}\n"+more), "loop: true, ", "", 1)
	}
	s := startService(t, once(""))
	publishtest.Eventually(t, "the end", func() bool { return s.states("drive") == "connecting online ended" })
	s.reload(once("  door: {source: view, view: {of: drive}}\n"))
	publishtest.Eventually(t, "the end of the view", func() bool { return s.states("door") == "connecting ended" })
	s.goesOn("other")
	if o := s.service.Overview(); !o.Settled() {
		t.Errorf("not settled: %+v", o)
	}
	s.wantStates(map[string]string{"drive": "connecting online ended"})
	if got := fmt.Sprint(s.sequences("drive"), s.sequences("door")); got != "[1] []" {
		t.Errorf("results %s, want one", got)
	}
}

// A view's pictures end when its camera's do.
func TestFinite(t *testing.T) {
	folder, webcam, view := plan.Camera{Finite: true}, plan.Camera{}, plan.Camera{View: "folder"}
	for want, cameras := range map[bool][]map[string]plan.Camera{
		true:  {{"folder": folder}, {"folder": folder, "view": view}},
		false: {{"webcam": webcam}, {"folder": folder, "view": view, "webcam": webcam}, {"webcam": webcam, "view": {View: "webcam"}}},
	} {
		for _, c := range cameras {
			if got := finite(&plan.Plan{Cameras: c}); got != want {
				t.Errorf("%v: %v", c, got)
			}
		}
	}
}

// Whoever comes later hears of a view as of any camera, and of none that is gone.
func TestRetainedOfViews(t *testing.T) {
	config := driveConfig(t)
	s := startService(t, config("  door: {source: view, view: {of: drive}}\n"))
	hears := func() (list []string) {
		late := new(publishtest.Recorder)
		s.service.out.add(late)
		for _, m := range late.Messages() {
			if key := m.Key(); key.Camera != "" && key.Retained {
				list = append(list, key.Camera+"/"+key.Kind.Name)
			}
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	s.goesOn("door")
	s.goesOn("drive")
	drive := []string{"drive/camera-status", "drive/decision", "drive/engine-status", "drive/gate", "drive/settings", "drive/state"}
	door := []string{"door/camera-status", "door/decision", "door/engine-status", "door/gate", "door/settings", "door/state"}
	if got := hears(); !slices.Equal(got, slices.Concat(door, drive)) {
		t.Errorf("with the view: %q", got)
	}
	s.reload(config(""))
	if got := hears(); !slices.Equal(got, drive) {
		t.Errorf("without the view: %q", got)
	}
	statuses := s.record.Statuses()
	if last := statuses[len(statuses)-1]; last.Camera != "door" || last.State != publish.CameraStopped {
		t.Errorf("the last word is %+v", last)
	}
}

// The status line counts views as cameras, and says when they are lost.
func TestStatusLineOfViews(t *testing.T) {
	config := driveConfig(t)
	s := startService(t, config("  door: {source: view, view: {of: drive}}\n"+
		"  gone: {source: v4l2, v4l2: {device: /nowhere/video7}}\n  gate: {source: view, view: {of: gone}}\n"))
	s.goesOn("door")
	s.goesOn("drive")
	publishtest.Eventually(t, "a lost view", func() bool {
		return strings.Contains(s.states("gate"), "lost") && strings.Contains(s.states("gone"), "lost")
	})
	o := s.service.Overview()
	if !o.Settled() {
		t.Errorf("not settled: %+v", o)
	}
	want := "2 of 4 cameras online (gate lost, gone lost), demo on cpu, broker off"
	if got := o.Line(time.Now(), ""); got != want {
		t.Errorf("the line is %q, want %q", got, want)
	}
	reasons := map[string]string{}
	for _, c := range o.Cameras {
		reasons[c.Name] = c.Reason
	}
	if reasons["gate"] == "" || reasons["gate"] != reasons["gone"] || reasons["door"] != "" {
		t.Errorf("the reasons are %q", reasons)
	}
}

// A shutdown waits for nobody: not for a view that rests, nor for its camera, which waits for that view.
func TestShutdownWhileAViewWaits(t *testing.T) {
	config := driveConfig(t)
	s := startService(t, config("  door: {source: view, view: {of: drive}, max_rate: 0.001}\n"))
	publishtest.Eventually(t, "the camera to wait for its view", func() bool { return s.last("drive") == 2 && s.last("door") == 1 })
	begin := time.Now()
	if _, err := s.service.Do(t.Context(), control.Command{Kind: control.Shutdown}); err != nil {
		t.Fatal(err)
	}
	<-s.service.ended
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	s.wantStates(map[string]string{"drive": "connecting online stopped", "door": "connecting online stopped"})
	if got := fmt.Sprint(s.sequences("door")); got != "[1]" {
		t.Errorf("results of the view are of %s", got)
	}
}
